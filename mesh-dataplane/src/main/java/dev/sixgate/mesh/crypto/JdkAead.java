package dev.sixgate.mesh.crypto;

import io.netty.buffer.ByteBuf;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The JDK's own ChaCha20-Poly1305: on every platform. Copies each packet through arrays, one pair a thread. */
public final class JdkAead implements AeadEngine {
    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    @Override
    public String name() {
        return "jdk";
    }

    @Override
    public AeadKey key(byte[] key) {
        return new Key(key);
    }

    static final class Key extends AeadKey {
        private Key(byte[] key) {
            super(key);
        }

        @Override
        void sealRange(long counter, ByteBuf buffer, int index, int length) {
            Scratch scratch = SCRATCH.get();
            scratch.reserve(length + TAG_BYTES);
            buffer.getBytes(index, scratch.in, 0, length);
            try {
                int sealed = scratch.start(Cipher.ENCRYPT_MODE, bytes, counter)
                        .doFinal(scratch.in, 0, length, scratch.out, 0);
                buffer.setBytes(index, scratch.out, 0, sealed);
            } catch (GeneralSecurityException e) {
                throw new AssertionError("a counter was used twice, or the key is not one", e);
            }
        }

        @Override
        boolean openRange(long counter, ByteBuf buffer, int index, int length) {
            Scratch scratch = SCRATCH.get();
            scratch.reserve(length);
            buffer.getBytes(index, scratch.in, 0, length);
            try {
                int opened = scratch.start(Cipher.DECRYPT_MODE, bytes, counter)
                        .doFinal(scratch.in, 0, length, scratch.out, 0);
                buffer.setBytes(index, scratch.out, 0, opened);
                return true;
            } catch (AEADBadTagException e) {
                return false;
            } catch (GeneralSecurityException e) {
                throw new AssertionError("every JDK has ChaCha20-Poly1305, and these inputs are of the right size", e);
            }
        }
    }

    private static final class Scratch {
        private final Cipher sealing;
        private final Cipher opening;
        private final byte[] nonce = new byte[ChaCha20Poly1305.NONCE_BYTES];
        private byte[] in = new byte[2048];
        private byte[] out = new byte[2048];

        Scratch() {
            try {
                sealing = Cipher.getInstance("ChaCha20-Poly1305");
                opening = Cipher.getInstance("ChaCha20-Poly1305");
            } catch (GeneralSecurityException e) {
                throw new AssertionError("every JDK has ChaCha20-Poly1305", e);
            }
        }

        Cipher start(int mode, byte[] key, long counter) throws GeneralSecurityException {
            for (int i = 0; i < 8; i++) nonce[4 + i] = (byte) (counter >>> 8 * i);
            Cipher cipher = mode == Cipher.ENCRYPT_MODE ? sealing : opening;
            cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
            return cipher;
        }

        void reserve(int length) {
            if (in.length >= length) return;
            in = new byte[Math.max(length, 2 * in.length)];
            out = new byte[in.length];
        }
    }
}
