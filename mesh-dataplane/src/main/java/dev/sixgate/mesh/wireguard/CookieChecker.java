package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.Blake2s;
import dev.sixgate.mesh.crypto.XChaCha20Poly1305;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Whether a handshake message may cost us a multiplication (whitepaper §5.4.4 and §5.4.7): mac1 says that the sender knows
 * our public key, mac2 that it receives what we send to its address and port. Keeps no state about senders.
 */
final class CookieChecker {
    private final byte[] mac1Key;
    private final byte[] cookieKey;
    private final RandomGenerator random;
    private final byte[] secret = new byte[32];
    private boolean secretDrawn;
    private long secretNanos;

    CookieChecker(byte[] publicKey, RandomGenerator random) {
        this.mac1Key = Blake2s.hash(Protocol.LABEL_MAC1, publicKey);
        this.cookieKey = Blake2s.hash(Protocol.LABEL_COOKIE, publicKey);
        this.random = random;
    }

    boolean hasMac1(byte[] message) {
        int end = message.length - 2 * Protocol.MAC_BYTES;
        return MessageDigest.isEqual(Blake2s.mac(mac1Key, message, 0, end), field(message, end));
    }

    boolean hasMac2(byte[] message, InetSocketAddress source, long nowNanos) {
        int end = message.length - Protocol.MAC_BYTES;
        return MessageDigest.isEqual(Blake2s.mac(cookie(source, nowNanos), message, 0, end), field(message, end));
    }

    /** The cookie reply to a message whose mac1 is right; 64 bytes, less than either message it answers. */
    byte[] reply(byte[] message, InetSocketAddress source, long nowNanos) {
        byte[] nonce = new byte[XChaCha20Poly1305.NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] mac1 = field(message, message.length - 2 * Protocol.MAC_BYTES);
        byte[] sealed = XChaCha20Poly1305.seal(cookieKey, nonce, mac1, cookie(source, nowNanos));
        return ByteBuffer.allocate(Protocol.COOKIE_REPLY_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Protocol.COOKIE_REPLY)
                .put(message, Protocol.INITIATION_SENDER, 4)
                .put(nonce)
                .put(sealed)
                .array();
    }

    private byte[] cookie(InetSocketAddress source, long nowNanos) {
        if (!secretDrawn || nowNanos - secretNanos >= Protocol.COOKIE_LIFETIME) {
            random.nextBytes(secret);
            secretDrawn = true;
            secretNanos = nowNanos;
        }
        byte[] address = source.getAddress().getAddress();
        byte[] identity = Arrays.copyOf(address, address.length + 2);
        identity[address.length] = (byte) (source.getPort() >>> 8);
        identity[address.length + 1] = (byte) source.getPort();
        return Blake2s.mac(secret, identity, 0, identity.length);
    }

    private static byte[] field(byte[] message, int at) {
        return Arrays.copyOfRange(message, at, at + Protocol.MAC_BYTES);
    }
}
