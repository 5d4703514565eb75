package dev.sixgate.edge.tls;

import dev.sixgate.certs.KeyType;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a client says of itself before a certificate is chosen (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). A hello that is cut or
 * malformed says nothing; the TLS library finds its fault.
 */
final class ClientHello {
    private static final int SIGNATURE_ALGORITHMS = 13;
    private static final int ALPN = 16;
    private static final int SUPPORTED_VERSIONS = 43;
    private static final int TLS_1_3 = 0x0304;
    private static final int VERSION_AND_RANDOM_BYTES = 34;

    private ClientHello() {}

    /**
     * Whether a client offers an application protocol (RFC 7301 §3.1).
     *
     * @param hello the body of the ClientHello, after the handshake header; its indices stay
     */
    static boolean offers(ByteBuf hello, String protocol) {
        int at = extension(hello, ALPN);
        return at >= 0 && listed(hello, at + 2, at + hello.getUnsignedShort(at - 2), protocol);
    }

    /**
     * Keys whose signatures a client can check. Before TLS 1.3 the cipher suite has a say too; one that does not list algorithms
     * is of an age that knew RSA only.
     *
     * @param versions that we would speak
     */
    static Set<KeyType> keyTypes(ByteBuf hello, List<String> versions) {
        Set<KeyType> types = EnumSet.noneOf(KeyType.class);
        int at = extension(hello, SIGNATURE_ALGORITHMS);
        if (at < 0) return EnumSet.of(KeyType.RSA);
        int end = at + hello.getUnsignedShort(at - 2);
        for (at += 2; at + 2 <= end; at += 2) {
            switch (hello.getUnsignedShort(at)) {
                case 0x0403, 0x0503, 0x0603 -> types.add(KeyType.ECDSA);
                case 0x0807 -> types.add(KeyType.ED25519);
                case 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806 -> types.add(KeyType.RSA);
                default -> {}
            }
        }
        if (!versions.contains("TLSv1.3") || !offersTls13(hello)) types.retainAll(keyTypesOfSuites(hello));
        return types;
    }

    private static boolean offersTls13(ByteBuf hello) {
        int at = extension(hello, SUPPORTED_VERSIONS);
        if (at < 0) return false;
        int end = at + hello.getUnsignedShort(at - 2);
        for (at += 1; at + 2 <= end; at += 2) if (hello.getUnsignedShort(at) == TLS_1_3) return true;
        return false;
    }

    /** Of the suites that {@link ServerContexts} has for TLS 1.2. */
    private static Set<KeyType> keyTypesOfSuites(ByteBuf hello) {
        Set<KeyType> types = EnumSet.noneOf(KeyType.class);
        int end = hello.writerIndex();
        int at = past(hello, hello.readerIndex() + VERSION_AND_RANDOM_BYTES, 1, end);
        int suitesEnd = past(hello, at, 2, end);
        for (at += 2; at + 2 <= suitesEnd; at += 2) {
            switch (hello.getUnsignedShort(at)) {
                case 0xc02b, 0xc02c, 0xcca9 -> types.addAll(EnumSet.of(KeyType.ECDSA, KeyType.ED25519));
                case 0xc02f, 0xc030, 0xcca8 -> types.add(KeyType.RSA);
                default -> {}
            }
        }
        return types;
    }

    /** Where the content of an extension begins, whose length, which stands before it, is within the hello; or -1. */
    private static int extension(ByteBuf hello, int wanted) {
        int end = hello.writerIndex();
        int at = hello.readerIndex() + VERSION_AND_RANDOM_BYTES;
        at = past(hello, at, 1, end); // session id
        at = past(hello, at, 2, end); // cipher suites
        at = past(hello, at, 1, end); // compression methods
        if (at + 2 > end) return -1;
        int extensionsEnd = Math.min(end, at + 2 + hello.getUnsignedShort(at));
        for (at += 2; at + 4 <= extensionsEnd; ) {
            int next = at + 4 + hello.getUnsignedShort(at + 2);
            if (hello.getUnsignedShort(at) == wanted) return next <= extensionsEnd ? at + 4 : -1;
            at = next;
        }
        return -1;
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
