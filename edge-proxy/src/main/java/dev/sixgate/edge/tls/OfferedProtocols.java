package dev.sixgate.edge.tls;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** The ALPN extension of a ClientHello (RFC 7301 §3.1, RFC 8446 §4.1.2). */
final class OfferedProtocols {
    private static final int ALPN = 16;
    private static final int VERSION_AND_RANDOM_BYTES = 34;

    private OfferedProtocols() {}

    /**
     * Whether a client offers {@code protocol}. A hello that is cut or malformed offers nothing.
     *
     * @param hello the body of the ClientHello, after the handshake header; its indices stay
     */
    static boolean contain(ByteBuf hello, String protocol) {
        int end = hello.writerIndex();
        int at = hello.readerIndex() + VERSION_AND_RANDOM_BYTES;
        at = past(hello, at, 1, end); // session id
        at = past(hello, at, 2, end); // cipher suites
        at = past(hello, at, 1, end); // compression methods
        if (at + 2 > end) return false;
        int extensionsEnd = Math.min(end, at + 2 + hello.getUnsignedShort(at));
        for (at += 2; at + 4 <= extensionsEnd; ) {
            int type = hello.getUnsignedShort(at);
            int next = at + 4 + hello.getUnsignedShort(at + 2);
            if (type == ALPN) return next <= extensionsEnd && listed(hello, at + 6, next, protocol);
            at = next;
        }
        return false;
    }

    /** Where a vector with a length of {@code lengthBytes} ends; {@code end} when it runs over. */
    private static int past(ByteBuf hello, int at, int lengthBytes, int end) {
        if (at + lengthBytes > end) return end;
        int length = lengthBytes == 1 ? hello.getUnsignedByte(at) : hello.getUnsignedShort(at);
        return Math.min(end, at + lengthBytes + length);
    }

    private static boolean listed(ByteBuf hello, int from, int to, String protocol) {
        for (int at = from; at < to; at += 1 + hello.getUnsignedByte(at)) {
            int length = hello.getUnsignedByte(at);
            if (length == protocol.length()
                    && at + 1 + length <= to
                    && hello.toString(at + 1, length, StandardCharsets.US_ASCII).equals(protocol)) return true;
        }
        return false;
    }
}
