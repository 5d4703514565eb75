package dev.sixgate.mesh.crypto;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the {@link AeadEngine} of this process: libcrypto where it is present and proves itself, else the JDK's. The system
 * property {@value #PROPERTY} ({@code libcrypto} or {@code jdk}) overrides. The proof is of correctness only: timing a JVM
 * that has just started would lie.
 */
public final class AeadEngines {
    public static final String PROPERTY = "sixgate.aead";
    private static final Logger LOG = LoggerFactory.getLogger(AeadEngines.class);

    /** Messages 3 and 5 of the IKpsk2 vector of the cacophony set: key, and ciphertexts under counters 0 and 1. */
    private static final String KEY = "7a74d0adaa1882492a8eddc15272b5a5a230e111d86d430a5988596f2c4238ae";

    private static final String[] PLAINTEXTS = {"462e20412e20486179656b", "4a65616e2d426170746973746520536179"};
    private static final String[] CIPHERTEXTS = {
        "8153ca9833bc3c1b91a7e66e5f4d4f5b59bf9e64c2f20d15f0bba7",
        "6ab1467c0448cc78394494abaaf23afce0e234315d6e2624dcbfa8a21c1c4d073d"
    };

    private AeadEngines() {}

    /** The engine of this process; chosen at the first call. */
    public static AeadEngine select() {
        return Selected.ENGINE;
    }

    private static final class Selected {
        static final AeadEngine ENGINE = choose(System.getProperty(PROPERTY));
    }

    /**
     * @param wanted {@code libcrypto}, {@code jdk}, or null for the best that works
     * @throws IllegalArgumentException for another name
     * @throws IllegalStateException when the wanted one does not work here
     */
    static AeadEngine choose(@Nullable String wanted) {
        if ("jdk".equals(wanted)) return new JdkAead();
        if (wanted != null && !"libcrypto".equals(wanted))
            throw new IllegalArgumentException(PROPERTY + " is \"" + wanted + "\"; it can be \"libcrypto\" or \"jdk\"");
        String problem;
        try {
            AeadEngine engine = new LibcryptoAead();
            if (isProven(engine)) return engine;
            problem = "its ChaCha20-Poly1305 failed the test of known answers";
        } catch (LinkageError | RuntimeException e) {
            problem = "it cannot be loaded: " + rootMessage(e);
        }
        if (wanted != null) throw new IllegalStateException(PROPERTY + " is \"libcrypto\", but " + problem);
        LOG.info(
                "libcrypto.so.3 is not used, {}; the JDK's ChaCha20-Poly1305 serves, at about a third of the speed",
                problem);
        return new JdkAead();
    }

    /** Published answers, then agreement with {@link ChaCha20Poly1305} over the lengths where vector code changes its path. */
    static boolean isProven(AeadEngine engine) {
        AeadKey published = engine.key(ByteBufUtil.decodeHexDump(KEY));
        for (int i = 0; i < PLAINTEXTS.length; i++) {
            byte[] plaintext = ByteBufUtil.decodeHexDump(PLAINTEXTS[i]);
            if (!answers(published, i, plaintext, ByteBufUtil.decodeHexDump(CIPHERTEXTS[i]))) return false;
        }
        byte[] keyBytes = new byte[AeadEngine.KEY_BYTES];
        for (int i = 0; i < keyBytes.length; i++) keyBytes[i] = (byte) (7 * i + 1);
        AeadKey key = engine.key(keyBytes);
        for (int length : new int[] {0, 1, 15, 16, 63, 64, 65, 127, 192, 255, 256, 257, 511, 512, 1024, 1420, 9000}) {
            byte[] plaintext = new byte[length];
            for (int i = 0; i < length; i++) plaintext[i] = (byte) (i * i + length);
            long counter = length * 0x0102_0304_0506_0708L;
            byte[] nonce = new byte[ChaCha20Poly1305.NONCE_BYTES];
            for (int i = 0; i < 8; i++) nonce[4 + i] = (byte) (counter >>> 8 * i);
            byte[] sealed = ChaCha20Poly1305.seal(keyBytes, nonce, new byte[0], plaintext);
            if (!answers(key, counter, plaintext, sealed)) return false;
        }
        return true;
    }

    private static boolean answers(AeadKey key, long counter, byte[] plaintext, byte[] sealed) {
        ByteBuf buffer = Unpooled.directBuffer(sealed.length, sealed.length);
        try {
            buffer.writeBytes(plaintext).writeZero(AeadEngine.TAG_BYTES);
            key.seal(counter, buffer, 0, plaintext.length);
            if (!Arrays.equals(ByteBufUtil.getBytes(buffer), sealed)) return false;
            boolean opened = key.open(counter, buffer, 0, sealed.length);
            if (!opened || !Arrays.equals(ByteBufUtil.getBytes(buffer, 0, plaintext.length), plaintext)) return false;
            buffer.setBytes(0, sealed).setByte(sealed.length / 2, sealed[sealed.length / 2] ^ 1);
            return !key.open(counter, buffer, 0, sealed.length);
        } finally {
            buffer.release();
        }
    }

    static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) root = root.getCause();
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }
}
