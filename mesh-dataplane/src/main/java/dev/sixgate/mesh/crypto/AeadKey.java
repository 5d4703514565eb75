package dev.sixgate.mesh.crypto;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Objects;

/**
 * One key of an {@link AeadEngine}: AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8) without associated data, in place. The nonce is
 * four zero bytes and the counter in little-endian order, as WireGuard has it (whitepaper §5.4.6). Any thread, but one at a
 * time for one buffer. Buffers are borrowed and their indices not moved.
 */
public abstract sealed class AeadKey permits LibcryptoAead.Key, JdkAead.Key {
    private static final int TAG_BYTES = AeadEngine.TAG_BYTES;
    final byte[] bytes;

    AeadKey(byte[] key) {
        if (key.length != AeadEngine.KEY_BYTES)
            throw new IllegalArgumentException("a key has 32 bytes, found " + key.length);
        bytes = key.clone();
    }

    /**
     * Encrypts {@code length} bytes at {@code index} and writes the tag of 16 bytes behind them.
     *
     * @param counter unsigned; never twice
     * @throws IndexOutOfBoundsException when the range is not within the capacity
     */
    public final void seal(long counter, ByteBuf buffer, int index, int length) {
        Objects.checkFromIndexSize(index, length, buffer.capacity() - TAG_BYTES);
        sealRange(counter, buffer, index, length);
    }

    /**
     * Opens {@code length} bytes at {@code index}, the last 16 of which are the tag.
     *
     * @return whether they were sealed with this key and counter; when not, the bytes are undefined
     * @throws IndexOutOfBoundsException when the range is not within the capacity
     */
    public final boolean open(long counter, ByteBuf buffer, int index, int length) {
        Objects.checkFromIndexSize(index, length, buffer.capacity());
        return length >= TAG_BYTES && openRange(counter, buffer, index, length);
    }

    /** {@link #seal} of a range that lies in the buffer, as does its tag. */
    abstract void sealRange(long counter, ByteBuf buffer, int index, int length);

    /** {@link #open} of a range that lies in the buffer and is as long as a tag. */
    abstract boolean openRange(long counter, ByteBuf buffer, int index, int length);

    /** Overwrites the key; nothing may be sealed or opened any more. */
    public final void destroy() {
        Arrays.fill(bytes, (byte) 0);
    }
}
