package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.Blake2s;
import dev.sixgate.mesh.crypto.XChaCha20Poly1305;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The macs at the end of our handshake messages to one peer (whitepaper §5.4.4), and the cookie it gave us. */
final class CookieGenerator {
    /** So that our cookie dies before the secret it was made with does. */
    private static final long LATENCY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final byte[] mac1Key;
    private final byte[] cookieKey;
    private byte @Nullable [] lastMac1;
    private byte @Nullable [] cookie;
    private long cookieNanos;

    CookieGenerator(byte[] peerPublicKey) {
        mac1Key = Blake2s.hash(Protocol.LABEL_MAC1, peerPublicKey);
        cookieKey = Blake2s.hash(Protocol.LABEL_COOKIE, peerPublicKey);
    }

    /** Fills the last 32 bytes of a message. */
    void addMacs(byte[] message, long nowNanos) {
        int mac1At = message.length - 2 * Protocol.MAC_BYTES;
        int mac2At = message.length - Protocol.MAC_BYTES;
        byte[] mac1 = Blake2s.mac(mac1Key, message, 0, mac1At);
        System.arraycopy(mac1, 0, message, mac1At, Protocol.MAC_BYTES);
        lastMac1 = mac1;
        if (cookie == null || nowNanos - cookieNanos >= Protocol.COOKIE_LIFETIME - LATENCY_NANOS) return;
        byte[] mac2 = Blake2s.mac(cookie, message, 0, mac2At);
        System.arraycopy(mac2, 0, message, mac2At, Protocol.MAC_BYTES);
    }

    /**
     * Takes the cookie for our next message. Does not send one: a timer will, so that a reply to an unanswered message
     * cannot be made into a loop.
     *
     * @param reply 64 bytes
     * @return whether it answers our last message
     */
    boolean onReply(byte[] reply, long nowNanos) {
        byte[] mac1 = lastMac1;
        if (mac1 == null) return false;
        byte[] nonce = Arrays.copyOfRange(reply, Protocol.COOKIE_REPLY_NONCE, Protocol.COOKIE_REPLY_COOKIE);
        byte[] sealed = Arrays.copyOfRange(reply, Protocol.COOKIE_REPLY_COOKIE, reply.length);
        byte[] opened = XChaCha20Poly1305.open(cookieKey, nonce, mac1, sealed);
        if (opened == null) return false;
        cookie = opened;
        cookieNanos = nowNanos;
        lastMac1 = null;
        return true;
    }
}
