package dev.sixgate.mesh.crypto;

import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2sDigest;

/** BLAKE2s (RFC 7693), and the MAC and key derivation that WireGuard builds upon it (whitepaper §5.4). */
public final class Blake2s {
    public static final int HASH_BYTES = 32;
    public static final int MAC_BYTES = 16;
    private static final int BLOCK_BYTES = 64;
    private static final byte[] NO_KEY = {};

    private Blake2s() {}

    /** The 32-byte hash of the parts, one after the other. */
    public static byte[] hash(byte[]... parts) {
        return digest(HASH_BYTES, NO_KEY, parts);
    }

    /**
     * Keyed BLAKE2s with an output of 16 bytes: {@code Mac} of the whitepaper.
     *
     * @param key up to 32 bytes
     */
    public static byte[] mac(byte[] key, byte[] input, int offset, int length) {
        Blake2sDigest digest = new Blake2sDigest(key, MAC_BYTES, null, null);
        digest.update(input, offset, length);
        return finish(digest);
    }

    /** Keyed BLAKE2s with an output of 32 bytes (RFC 7693 §2.9); the key has up to 32 bytes. */
    public static byte[] keyedHash(byte[] key, byte[] input) {
        return digest(HASH_BYTES, key, input);
    }

    /** RFC 7693 §3.3 in full: {@code key} of 0 to 32 bytes, an output of 1 to 32. */
    static byte[] digest(int outputBytes, byte[] key, byte[]... parts) {
        Blake2sDigest digest = new Blake2sDigest(key, outputBytes, null, null);
        for (byte[] part : parts) digest.update(part, 0, part.length);
        return finish(digest);
    }

    /** {@code Hmac} of the whitepaper: RFC 2104 with BLAKE2s; the key has up to 64 bytes. */
    public static byte[] hmac(byte[] key, byte[]... parts) {
        byte[] inner = new byte[BLOCK_BYTES];
        byte[] outer = new byte[BLOCK_BYTES];
        Arrays.fill(inner, (byte) 0x36);
        Arrays.fill(outer, (byte) 0x5c);
        for (int i = 0; i < key.length; i++) {
            inner[i] ^= key[i];
            outer[i] ^= key[i];
        }
        byte[][] input = new byte[parts.length + 1][];
        input[0] = inner;
        System.arraycopy(parts, 0, input, 1, parts.length);
        byte[] result = hash(outer, hash(input));
        Arrays.fill(inner, (byte) 0);
        Arrays.fill(outer, (byte) 0);
        return result;
    }

    /**
     * {@code Kdf}<sub>n</sub> of the whitepaper: HKDF (RFC 5869) with the key as salt and no info.
     *
     * @param count how many outputs, 1 to 3
     * @return {@code count} arrays of 32 bytes
     */
    public static byte[][] kdf(int count, byte[] key, byte[] input) {
        byte[] secret = hmac(key, input);
        byte[][] outputs = new byte[count][];
        byte[] previous = {};
        for (int i = 0; i < count; i++) {
            outputs[i] = hmac(secret, previous, new byte[] {(byte) (i + 1)});
            previous = outputs[i];
        }
        Arrays.fill(secret, (byte) 0);
        return outputs;
    }

    private static byte[] finish(Blake2sDigest digest) {
        byte[] result = new byte[digest.getDigestSize()];
        digest.doFinal(result, 0);
        return result;
    }
}
