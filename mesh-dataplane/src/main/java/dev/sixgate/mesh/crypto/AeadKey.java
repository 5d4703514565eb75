package dev.sixgate.mesh.crypto;

import io.netty.buffer.ByteBuf;

/**
 * One key of an {@link AeadEngine}: AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8) without associated data, in place. The nonce is
 * four zero bytes and the counter in little-endian order, as WireGuard has it (whitepaper §5.4.6). Any thread, but one at a
 * time for one buffer. Buffers are borrowed and their indices not moved.
 */
public sealed interface AeadKey permits LibcryptoAead.Key, JdkAead.Key {
    /**
     * Encrypts {@code length} bytes at {@code index} and writes the tag of 16 bytes behind them.
     *
     * @param counter unsigned; never twice
     * @throws IndexOutOfBoundsException when the range is not within the capacity
     */
    void seal(long counter, ByteBuf buffer, int index, int length);

    /**
     * Opens {@code length} bytes at {@code index}, the last 16 of which are the tag.
     *
     * @return whether they were sealed with this key and counter; when not, the bytes are undefined
     */
    boolean open(long counter, ByteBuf buffer, int index, int length);

    /** Overwrites the key; nothing may be sealed or opened any more. */
    void destroy();
}
