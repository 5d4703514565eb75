package dev.sixgate.mesh.crypto;

/** One way to compute ChaCha20-Poly1305 for packets. Any thread. {@link AeadEngines#select} says which one serves. */
public sealed interface AeadEngine permits LibcryptoAead, JdkAead {
    int KEY_BYTES = 32;
    int TAG_BYTES = 16;

    /** As the operator reads it in status. */
    String name();

    /** @param key 32 bytes, copied */
    AeadKey key(byte[] key);
}
