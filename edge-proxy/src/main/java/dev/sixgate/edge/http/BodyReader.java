package dev.sixgate.edge.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes one HTTP/1 body out of a connection's bytes (RFC 9112 §6 and §7.1). Call {@link #read} until it returns null; then
 * either {@link #isComplete}, or more bytes are needed.
 */
public final class BodyReader {
    private static final int MAX_CHUNK_LINE = 256;

    /** Extensions mean nothing to us; a body that is mostly extensions is an attack. */
    private static final int MAX_EXTENSION_BYTES = 16 << 10;

    private static final int SMALL_CHUNK = 1 << 10;
    private static final int MERGED = 16 << 10;

    private enum State {
        LENGTH,
        UNTIL_CLOSE,
        CHUNK_LINE,
        CHUNK_DATA,
        CHUNK_END,
        TRAILERS,
        COMPLETE
    }

    private final int maxTrailerBytes;
    private final int maxTrailers;
    private @Nullable HeadScanner trailerScanner;
    private State state;
    private long remaining;
    private int extensionBytes;
    private @Nullable Fields trailers;

    /**
     * @param length see {@link BodyLength}; {@link BodyLength#UNKNOWN} is chunked
     * @param maxTrailerBytes of trailer fields together
     */
    public BodyReader(long length, int maxTrailerBytes, int maxTrailers) {
        this.maxTrailerBytes = maxTrailerBytes;
        this.maxTrailers = maxTrailers;
        this.remaining = length;
        this.state = BodyLength.isEmpty(length)
                ? State.COMPLETE
                : length == BodyLength.UNKNOWN
                        ? State.CHUNK_LINE
                        : length == BodyLength.UNTIL_CLOSE ? State.UNTIL_CLOSE : State.LENGTH;
    }

    public boolean isComplete() {
        return state == State.COMPLETE;
    }

    /** Whether the end of the connection now is the end of the body. */
    public boolean endsWithConnection() {
        return state == State.UNTIL_CLOSE;
    }

    /** The trailer section, after {@link #isComplete}; null when there was none. */
    public @Nullable Fields trailers() {
        return trailers;
    }

    /**
     * The next piece of the body; bytes of it are consumed from {@code in}, and none behind its end.
     *
     * @return owned by the caller and never empty: a slice that shares {@code in}, or small chunks merged into one buffer;
     *     null when the body is complete or more bytes are needed
     * @throws BadMessageException for a chunked coding with two readings
     */
    public @Nullable ByteBuf read(ByteBuf in) throws BadMessageException {
        ByteBuf merged = null;
        try {
            while (in.isReadable() && state != State.COMPLETE) {
                switch (state) {
                    case LENGTH -> {
                        ByteBuf piece = in.readRetainedSlice((int) Math.min(remaining, in.readableBytes()));
                        remaining -= piece.readableBytes();
                        if (remaining == 0) state = State.COMPLETE;
                        return piece;
                    }
                    case UNTIL_CLOSE -> {
                        return in.readRetainedSlice(in.readableBytes());
                    }
                    case CHUNK_LINE -> {
                        if (!readChunkLine(in)) return merged;
                    }
                    case CHUNK_DATA -> {
                        int size = (int) Math.min(remaining, in.readableBytes());
                        boolean small = size <= SMALL_CHUNK && in.readableBytes() > size;
                        if (merged != null && (!small || merged.readableBytes() + size > MERGED)) return merged;
                        remaining -= size;
                        if (remaining == 0) state = State.CHUNK_END;
                        if (!small) return in.readRetainedSlice(size);
                        if (merged == null) merged = in.alloc().buffer(Math.min(MERGED, in.readableBytes()), MERGED);
                        merged.writeBytes(in, size);
                    }
                    case CHUNK_END -> {
                        if (in.readableBytes() < 2) return merged;
                        if (in.readShort() != ('\r' << 8 | '\n'))
                            throw BadMessageException.ambiguous("a chunk does not end in CR LF where its size says");
                        state = State.CHUNK_LINE;
                    }
                    case TRAILERS -> {
                        if (!readTrailers(in)) return merged;
                    }
                    case COMPLETE -> throw new AssertionError("left the loop");
                }
            }
            return merged;
        } catch (BadMessageException e) {
            if (merged != null) merged.release();
            throw e;
        }
    }

    /** @return false: more bytes are needed */
    private boolean readChunkLine(ByteBuf in) throws BadMessageException {
        int from = in.readerIndex();
        int lineEnd = in.indexOf(from, in.writerIndex(), (byte) '\n');
        int length = (lineEnd < 0 ? in.writerIndex() : lineEnd + 1) - from;
        if (length > MAX_CHUNK_LINE) throw BadMessageException.ambiguous("a chunk's size line is too long");
        if (lineEnd < 0) return false;
        long size = 0;
        int digits = 0;
        int i = from;
        for (int digit; (digit = Ascii.hexDigit(in.getByte(i))) >= 0; i++, digits++) size = size << 4 | digit;
        if (digits == 0 || digits > 15)
            throw BadMessageException.ambiguous("a chunk's size is not 1 to 15 hexadecimal digits");
        if (in.getByte(i) == ';') {
            int extensionFrom = i;
            while (Ascii.isFieldValue(in.getByte(i))) i++;
            extensionBytes += i - extensionFrom;
            if (extensionBytes > MAX_EXTENSION_BYTES)
                throw BadMessageException.ambiguous(
                        "the chunk extensions of one body are larger than " + MAX_EXTENSION_BYTES + " bytes");
        }
        if (i + 1 != lineEnd || in.getByte(i) != '\r')
            throw BadMessageException.ambiguous("a chunk's size line does not end in CR LF or holds other characters");
        in.readerIndex(lineEnd + 1);
        remaining = size;
        state = size == 0 ? State.TRAILERS : State.CHUNK_DATA;
        return true;
    }

    private boolean readTrailers(ByteBuf in) throws BadMessageException {
        if (in.readableBytes() < 2) return false;
        if (in.getShort(in.readerIndex()) == ('\r' << 8 | '\n')) {
            in.skipBytes(2);
        } else {
            if (trailerScanner == null) trailerScanner = new HeadScanner(maxTrailerBytes);
            int length = trailerScanner.find(in);
            if (length < 0) return false;
            byte[] bytes = new byte[length];
            in.readBytes(bytes);
            trailers = FieldParser.parse(bytes, 0, length, maxTrailers);
            HopByHop.stripTrailers(trailers);
        }
        state = State.COMPLETE;
        return true;
    }
}
