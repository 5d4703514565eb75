package dev.sixgate.mesh.crypto;

import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * X25519 (RFC 7748 §5): by libcrypto where it is present and proves itself, else by Bouncy Castle, which takes about twice
 * as long. The system property {@value #PROPERTY} ({@code libcrypto} or {@code bouncycastle}) overrides. 60 µs a call and
 * more: never on an event loop.
 */
public final class X25519 {
    public static final int BYTES = 32;
    public static final String PROPERTY = "sixgate.x25519";
    private static final Logger LOG = LoggerFactory.getLogger(X25519.class);

    /** RFC 7748 §5.2 and §6.1: scalar, point, result. */
    private static final String[][] AGREEMENTS = {
        {
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
        },
        {
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
        },
        {
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
        }
    };

    /** RFC 7748 §6.1: private and public. */
    private static final String[] KEY_PAIR = {
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    };

    /** A point of order 8. */
    private static final String LOW_ORDER = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";

    private X25519() {}

    /** Chosen at the first call of any method. */
    private static final class Selected {
        static final X25519Engine ENGINE = choose(System.getProperty(PROPERTY));
    }

    /** What serves here: {@code libcrypto} or {@code bouncycastle}. */
    public static String engine() {
        return Selected.ENGINE.name();
    }

    /** @return the public key of a 32-byte private key */
    public static byte[] publicKey(byte[] privateKey) {
        return Selected.ENGINE.publicKey(privateKey);
    }

    /**
     * The shared secret of a private key and somebody's public key, 32 bytes each; both borrowed.
     *
     * @return null when the secret is all zero, which a public key of low order forces (RFC 7748 §6.1); nothing may then be
     *     derived from it
     */
    public static byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
        return Selected.ENGINE.agree(privateKey, publicKey);
    }

    /**
     * @param wanted {@code libcrypto}, {@code bouncycastle}, or null for the best that works
     * @throws IllegalArgumentException for another name
     * @throws IllegalStateException when the wanted one does not work here
     */
    static X25519Engine choose(@Nullable String wanted) {
        if ("bouncycastle".equals(wanted)) return new BouncyCastleX25519();
        if (wanted != null && !"libcrypto".equals(wanted))
            throw new IllegalArgumentException(
                    PROPERTY + " is \"" + wanted + "\"; it can be \"libcrypto\" or \"bouncycastle\"");
        String problem;
        try {
            X25519Engine engine = new LibcryptoX25519();
            if (isProven(engine)) return engine;
            problem = "its X25519 failed the test of known answers";
        } catch (LinkageError | AssertionError | RuntimeException e) {
            problem = "it cannot be loaded: " + AeadEngines.rootMessage(e);
        }
        if (wanted != null) throw new IllegalStateException(PROPERTY + " is \"libcrypto\", but " + problem);
        LOG.info("libcrypto.so.3 is not used for handshakes, {}; Bouncy Castle's X25519 serves", problem);
        return new BouncyCastleX25519();
    }

    /** The published answers, and the refusal of a secret that the other side forced. */
    static boolean isProven(X25519Engine engine) {
        for (String[] row : AGREEMENTS)
            if (!Arrays.equals(engine.agree(bytes(row[0]), bytes(row[1])), bytes(row[2]))) return false;
        return Arrays.equals(engine.publicKey(bytes(KEY_PAIR[0])), bytes(KEY_PAIR[1]))
                && engine.agree(bytes(KEY_PAIR[0]), bytes(LOW_ORDER)) == null;
    }

    private static byte[] bytes(String hex) {
        return ByteBufUtil.decodeHexDump(hex);
    }
}
