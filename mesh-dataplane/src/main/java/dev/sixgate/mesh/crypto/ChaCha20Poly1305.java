package dev.sixgate.mesh.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8) with associated data on arrays, by the JDK: for handshakes and cookies, where a
 * message has a few dozen bytes. Packets go through an {@link AeadEngine}.
 */
public final class ChaCha20Poly1305 {
    public static final int TAG_BYTES = 16;
    public static final int NONCE_BYTES = 12;

    private ChaCha20Poly1305() {}

    /**
     * @param key 32 bytes
     * @param nonce 12 bytes, never twice with one key
     * @return ciphertext and tag
     */
    public static byte[] seal(byte[] key, byte[] nonce, byte[] associated, byte[] plaintext) {
        try {
            return cipher(Cipher.ENCRYPT_MODE, key, nonce, associated).doFinal(plaintext);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has ChaCha20-Poly1305, and these inputs are of the right size", e);
        }
    }

    /** @return the plaintext, or null when the message is shorter than a tag or was not sealed with these inputs */
    public static byte @Nullable [] open(byte[] key, byte[] nonce, byte[] associated, byte[] sealed) {
        if (sealed.length < TAG_BYTES) return null;
        try {
            return cipher(Cipher.DECRYPT_MODE, key, nonce, associated).doFinal(sealed);
        } catch (AEADBadTagException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has ChaCha20-Poly1305, and these inputs are of the right size", e);
        }
    }

    private static Cipher cipher(int mode, byte[] key, byte[] nonce, byte[] associated)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
        cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
        cipher.updateAAD(associated);
        return cipher;
    }
}
