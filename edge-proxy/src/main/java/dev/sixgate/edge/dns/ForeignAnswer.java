package dev.sixgate.edge.dns;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Another server's answer, as it may be repeated: its bytes, and where the times to live stand in them. Immutable.
 *
 * @param code response code
 * @param bytes the whole message
 * @param ttls from the message's start, of every record but OPT
 * @param seconds how long it may be repeated
 */
record ForeignAnswer(int code, byte[] bytes, int[] ttls, int seconds) {
    private static final int MAX_SECONDS = 3600;
    private static final int NEGATIVE_MAX_SECONDS = 60;
    private static final int RECORDS = 200;

    /** Null: it is no answer to the question, or nothing that may be kept in mind as one. */
    static @Nullable ForeignAnswer read(ByteBuf message, Question question) {
        int start = message.readerIndex();
        int bytes = message.readableBytes();
        if (bytes < question.end() || message.getUnsignedShort(start + 4) != 1) return null;
        int flags = message.getUnsignedShort(start + 2);
        boolean truncated = (flags & 0x0200) != 0;
        if ((flags & 0x8000) == 0 || (flags & 0x7800) != 0) return null;
        int records = message.getUnsignedShort(start + 6)
                + message.getUnsignedShort(start + 8)
                + message.getUnsignedShort(start + 10);
        byte[] copy = new byte[bytes];
        message.getBytes(start, copy);
        int code = flags & 0xf;
        int[] ttls = records > RECORDS ? null : ttls(message, question.end(), records);
        if (ttls == null) return new ForeignAnswer(code, copy, new int[0], 0);
        int least = code == Authority.NOERROR && message.getUnsignedShort(start + 6) > 0
                ? MAX_SECONDS
                : NEGATIVE_MAX_SECONDS;
        for (int at : ttls) {
            long ttl = message.getUnsignedInt(start + at);
            least = (int) Math.min(least, ttl > Integer.MAX_VALUE ? 0 : ttl);
        }
        boolean lasting = (code == Authority.NOERROR || code == Authority.NXDOMAIN) && !truncated && ttls.length > 0;
        return new ForeignAnswer(code, copy, ttls, lasting ? least : 0);
    }

    private static int @Nullable [] ttls(ByteBuf message, int from, int records) {
        int start = message.readerIndex();
        int bytes = message.readableBytes();
        int[] found = new int[records];
        int count = 0;
        int at = from;
        for (int i = 0; i < records; i++) {
            at = skipName(message, at);
            if (at < 0 || at + 10 > bytes) return null;
            if (message.getUnsignedShort(start + at) != Authority.OPT) found[count++] = at + 4;
            at += 10 + message.getUnsignedShort(start + at + 8);
            if (at > bytes) return null;
        }
        return java.util.Arrays.copyOf(found, count);
    }

    private static int skipName(ByteBuf message, int from) {
        int start = message.readerIndex();
        int bytes = message.readableBytes();
        for (int at = from; at < bytes; ) {
            int length = message.getUnsignedByte(start + at);
            if (length == 0) return at + 1;
            if (length >= 0xc0) return at + 2;
            at += 1 + length;
        }
        return -1;
    }

    /**
     * Writes it as the answer to another query for the same.
     *
     * @param ageSeconds how long ago it was read
     */
    void write(ByteBuf query, Question question, int ageSeconds, ByteBuf out) {
        int start = out.writerIndex();
        out.writeBytes(bytes);
        out.setShort(start, question.id());
        int flags = out.getUnsignedShort(start + 2) & ~Authority.AUTHORITATIVE | Authority.RECURSION_AVAILABLE;
        out.setShort(start + 2, flags); // who answers is not who knows
        // The question as this client spells it.
        out.setBytes(
                start + Question.HEADER_BYTES,
                query,
                query.readerIndex() + Question.HEADER_BYTES,
                question.end() - Question.HEADER_BYTES);
        for (int at : ttls) {
            long left = Math.max(0, out.getUnsignedInt(start + at) - ageSeconds);
            out.setInt(start + at, (int) left);
        }
    }
}
