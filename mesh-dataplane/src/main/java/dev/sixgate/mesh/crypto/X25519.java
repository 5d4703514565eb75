package dev.sixgate.mesh.crypto;

import org.jspecify.annotations.Nullable;

/** X25519 (RFC 7748 §5) by Bouncy Castle. About 150 µs a call: never on an event loop. */
public final class X25519 {
    public static final int BYTES = 32;

    private X25519() {}

    /** @return the public key of a 32-byte private key */
    public static byte[] publicKey(byte[] privateKey) {
        byte[] result = new byte[BYTES];
        org.bouncycastle.math.ec.rfc7748.X25519.scalarMultBase(privateKey, 0, result, 0);
        return result;
    }

    /**
     * The shared secret of a private key and somebody's public key, 32 bytes each; both borrowed.
     *
     * @return null when the secret is all zero, which a public key of low order forces (RFC 7748 §6.1); nothing may then be
     *     derived from it
     */
    public static byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
        byte[] result = new byte[BYTES];
        return org.bouncycastle.math.ec.rfc7748.X25519.calculateAgreement(privateKey, 0, publicKey, 0, result, 0)
                ? result
                : null;
    }
}
