package dev.sixgate.edge.http;

import io.netty.buffer.ByteBuf;

/** Finds the end of a head that comes in pieces, looking at each byte once. One for a connection. */
public final class HeadScanner {
    private static final int MAX_EMPTY_LINES = 2;

    private final int maxBytes;
    private int scanned;
    private int lineFrom;
    private int emptyLines;

    /** @param maxBytes of start line and fields together */
    public HeadScanner(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * @param in starts with the head; empty lines before it are skipped (RFC 9112 §2.2), all else stays
     * @return the head's bytes including its empty line, or -1: more is needed
     */
    public int find(ByteBuf in) throws BadMessageException {
        boolean inStartLine = lineFrom == 0;
        while (scanned < in.readableBytes()) {
            int base = in.readerIndex();
            int lineEnd = in.indexOf(base + scanned, in.writerIndex(), (byte) '\n');
            if (lineEnd < 0) {
                scanned = in.readableBytes();
                break;
            }
            int end = lineEnd - base;
            if (end == 0 || in.getByte(lineEnd - 1) != '\r' || end - 1 < lineFrom)
                throw BadMessageException.malformed("a line ends in a bare LF");
            boolean empty = end - 1 == lineFrom;
            scanned = end + 1;
            if (empty && lineFrom == 0) {
                if (++emptyLines > MAX_EMPTY_LINES)
                    throw BadMessageException.malformed("empty lines stand before the head");
                in.skipBytes(2);
                scanned = 0;
                continue;
            }
            inStartLine = lineFrom == 0;
            lineFrom = scanned;
            if (scanned > maxBytes) break;
            inStartLine = false;
            if (empty) {
                int length = scanned;
                reset();
                return length;
            }
        }
        if (scanned > maxBytes)
            throw inStartLine
                    ? BadMessageException.targetTooLong("the start line is longer than " + maxBytes + " bytes")
                    : BadMessageException.tooLarge("the head is larger than " + maxBytes + " bytes");
        return -1;
    }

    private void reset() {
        scanned = 0;
        lineFrom = 0;
        emptyLines = 0;
    }
}
