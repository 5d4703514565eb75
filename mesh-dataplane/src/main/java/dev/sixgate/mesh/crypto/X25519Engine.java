package dev.sixgate.mesh.crypto;

import org.jspecify.annotations.Nullable;

/** One way to multiply on Curve25519 (RFC 7748 §5). Any thread; arguments are 32 bytes each and borrowed. */
sealed interface X25519Engine permits LibcryptoX25519, BouncyCastleX25519 {
    /** As the operator reads it in status. */
    String name();

    byte[] publicKey(byte[] privateKey);

    /** @return null when the secret is all zero (RFC 7748 §6.1) */
    byte @Nullable [] agree(byte[] privateKey, byte[] publicKey);
}
