package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.Blake2s;
import dev.sixgate.mesh.crypto.ChaCha20Poly1305;
import dev.sixgate.mesh.crypto.X25519;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (Noise rev. 34; whitepaper §5.4.2 and §5.4.3): both parties' state, pure arithmetic
 * on arrays that are borrowed. A {@code read…} that returns null, and a {@code write…} too, met a message that was not made
 * for us or a key of low order; the object is then of no further use. Several hundred microseconds a message.
 */
final class NoiseHandshake {
    private static final byte[] NONCE = new byte[ChaCha20Poly1305.NONCE_BYTES];
    private static final byte[] INITIAL_CHAINING_KEY = Blake2s.hash(Protocol.CONSTRUCTION);
    private static final byte[] EMPTY = {};

    private byte[] chainingKey = INITIAL_CHAINING_KEY.clone();
    private byte[] hash;
    private byte[] key = EMPTY;
    /** Ours; kept by the initiator between its two messages. */
    private byte[] ephemeral = EMPTY;

    private byte[] remoteEphemeral = EMPTY;
    private byte[] remoteStatic = EMPTY;

    /** @param prologue {@link Protocol#IDENTIFIER}; test vectors have others */
    NoiseHandshake(byte[] prologue, byte[] responderStatic) {
        hash = Blake2s.hash(Blake2s.hash(INITIAL_CHAINING_KEY, prologue), responderStatic);
    }

    private NoiseHandshake(NoiseHandshake from) {
        chainingKey = from.chainingKey.clone();
        hash = from.hash.clone();
        key = from.key.clone();
        ephemeral = from.ephemeral.clone();
        remoteEphemeral = from.remoteEphemeral.clone();
        remoteStatic = from.remoteStatic.clone();
    }

    NoiseHandshake copy() {
        return new NoiseHandshake(this);
    }

    /** A transport key for each direction, 32 bytes each. */
    record TransportKeys(byte[] send, byte[] receive) {
        void destroy() {
            Arrays.fill(send, (byte) 0);
            Arrays.fill(receive, (byte) 0);
        }
    }

    /**
     * Message 1, as initiator.
     *
     * @param staticStatic agreement of both static keys, or null when it was all zero
     * @return ephemeral, encrypted static, encrypted payload
     */
    byte @Nullable [] writeInitiation(
            byte[] ephemeral, byte[] ourStatic, byte[] theirStatic, byte @Nullable [] staticStatic, byte[] payload) {
        this.ephemeral = ephemeral.clone();
        byte[] ephemeralPublic = X25519.publicKey(ephemeral);
        mixEphemeral(ephemeralPublic);
        if (!mixKey(X25519.agree(ephemeral, theirStatic))) return null;
        byte[] sealedStatic = seal(ourStatic);
        if (!mixKey(staticStatic)) return null;
        return concatenate(ephemeralPublic, sealedStatic, seal(payload));
    }

    /** First half of message 1, as responder: who calls. @return the initiator's static public key, or null */
    byte @Nullable [] readInitiator(byte[] message, byte[] ourPrivate) {
        remoteEphemeral = Arrays.copyOf(message, X25519.BYTES);
        mixEphemeral(remoteEphemeral);
        if (!mixKey(X25519.agree(ourPrivate, remoteEphemeral))) return null;
        byte[] opened = open(Arrays.copyOfRange(message, 32, 80));
        if (opened != null) remoteStatic = opened;
        return opened;
    }

    /** Second half of message 1. @return its payload, or null */
    byte @Nullable [] readInitiation(byte[] message, byte @Nullable [] staticStatic) {
        if (!mixKey(staticStatic)) return null;
        return open(Arrays.copyOfRange(message, 80, message.length));
    }

    /** Message 2, as responder. @return ephemeral, encrypted payload */
    byte @Nullable [] writeResponse(byte[] ephemeral, byte[] presharedKey, byte[] payload) {
        byte[] ephemeralPublic = X25519.publicKey(ephemeral);
        mixEphemeral(ephemeralPublic);
        if (!mixKey(X25519.agree(ephemeral, remoteEphemeral))) return null;
        if (!mixKey(X25519.agree(ephemeral, remoteStatic))) return null;
        mixPresharedKey(presharedKey);
        return concatenate(ephemeralPublic, seal(payload));
    }

    /** Message 2, as initiator. @return its payload, or null */
    byte @Nullable [] readResponse(byte[] message, byte[] ourPrivate, byte[] presharedKey) {
        remoteEphemeral = Arrays.copyOf(message, X25519.BYTES);
        mixEphemeral(remoteEphemeral);
        if (!mixKey(X25519.agree(ephemeral, remoteEphemeral))) return null;
        if (!mixKey(X25519.agree(ourPrivate, remoteEphemeral))) return null;
        mixPresharedKey(presharedKey);
        return open(Arrays.copyOfRange(message, 32, message.length));
    }

    /** Transport keys after message 2; this object forgets its secrets. */
    TransportKeys split(boolean initiator) {
        byte[][] keys = Blake2s.kdf(2, chainingKey, EMPTY);
        destroy();
        return initiator ? new TransportKeys(keys[0], keys[1]) : new TransportKeys(keys[1], keys[0]);
    }

    byte[] handshakeHash() {
        return hash.clone();
    }

    void destroy() {
        Arrays.fill(chainingKey, (byte) 0);
        Arrays.fill(key, (byte) 0);
        Arrays.fill(ephemeral, (byte) 0);
    }

    /** In a pattern with a preshared key an ephemeral is mixed into the key as well (Noise §9.2). */
    private void mixEphemeral(byte[] ephemeralPublic) {
        hash = Blake2s.hash(hash, ephemeralPublic);
        chainingKey = Blake2s.kdf(1, chainingKey, ephemeralPublic)[0];
    }

    private boolean mixKey(byte @Nullable [] secret) {
        if (secret == null) return false;
        byte[][] keys = Blake2s.kdf(2, chainingKey, secret);
        chainingKey = keys[0];
        key = keys[1];
        return true;
    }

    private void mixPresharedKey(byte[] presharedKey) {
        byte[][] keys = Blake2s.kdf(3, chainingKey, presharedKey);
        chainingKey = keys[0];
        hash = Blake2s.hash(hash, keys[1]);
        key = keys[2];
    }

    /** Every key seals one thing only, so that the nonce is always zero. */
    private byte[] seal(byte[] plaintext) {
        byte[] sealed = ChaCha20Poly1305.seal(key, NONCE, hash, plaintext);
        hash = Blake2s.hash(hash, sealed);
        return sealed;
    }

    private byte @Nullable [] open(byte[] sealed) {
        byte[] plaintext = ChaCha20Poly1305.open(key, NONCE, hash, sealed);
        hash = Blake2s.hash(hash, sealed);
        return plaintext;
    }

    private static byte[] concatenate(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) length += part.length;
        byte[] whole = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }
}
