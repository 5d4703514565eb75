package dev.sixgate.mesh.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): ChaCha20-Poly1305 under a nonce long enough to be drawn at random. */
public final class XChaCha20Poly1305 {
    public static final int NONCE_BYTES = 24;

    private XChaCha20Poly1305() {}

    /**
     * @param key 32 bytes
     * @param nonce 24 bytes
     * @return ciphertext and a tag of 16 bytes
     */
    public static byte[] seal(byte[] key, byte[] nonce, byte[] associated, byte[] plaintext) {
        byte[] subkey = hChaCha20(key, nonce);
        byte[] sealed = ChaCha20Poly1305.seal(subkey, subnonce(nonce), associated, plaintext);
        Arrays.fill(subkey, (byte) 0);
        return sealed;
    }

    /** @return the plaintext, or null when the message was not sealed with these inputs */
    public static byte @Nullable [] open(byte[] key, byte[] nonce, byte[] associated, byte[] sealed) {
        byte[] subkey = hChaCha20(key, nonce);
        byte[] plaintext = ChaCha20Poly1305.open(subkey, subnonce(nonce), associated, sealed);
        Arrays.fill(subkey, (byte) 0);
        return plaintext;
    }

    /** §2.3: the last 8 bytes of the nonce behind 4 of zero. */
    private static byte[] subnonce(byte[] nonce) {
        byte[] subnonce = new byte[ChaCha20Poly1305.NONCE_BYTES];
        System.arraycopy(nonce, 16, subnonce, 4, 8);
        return subnonce;
    }

    /** §2.2: twenty rounds over key and the first 16 bytes of the nonce; the outer rows are the subkey. */
    static byte[] hChaCha20(byte[] key, byte[] nonce) {
        int[] s = new int[16];
        s[0] = 0x61707865;
        s[1] = 0x3320646e;
        s[2] = 0x79622d32;
        s[3] = 0x6b206574;
        ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(s, 4, 8);
        ByteBuffer.wrap(nonce).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(s, 12, 4);
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 4; i++) quarterRound(s, i, 4 + i, 8 + i, 12 + i);
            for (int i = 0; i < 4; i++) quarterRound(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
        }
        byte[] subkey = new byte[32];
        ByteBuffer.wrap(subkey)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .put(s, 0, 4)
                .put(s, 12, 4);
        Arrays.fill(s, 0);
        return subkey;
    }

    private static void quarterRound(int[] s, int a, int b, int c, int d) {
        s[a] += s[b];
        s[d] = Integer.rotateLeft(s[d] ^ s[a], 16);
        s[c] += s[d];
        s[b] = Integer.rotateLeft(s[b] ^ s[c], 12);
        s[a] += s[b];
        s[d] = Integer.rotateLeft(s[d] ^ s[a], 8);
        s[c] += s[d];
        s[b] = Integer.rotateLeft(s[b] ^ s[c], 7);
    }
}
