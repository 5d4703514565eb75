package dev.sixgate.mesh.crypto;

import static io.netty.buffer.ByteBufUtil.decodeHexDump;
import static io.netty.buffer.ByteBufUtil.hexDump;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class X25519Test {
    private static final List<X25519Engine> ENGINES = engines();

    /** libcrypto is not on every machine; where it is, it is tested. */
    private static List<X25519Engine> engines() {
        X25519Engine chosen = X25519.choose(null);
        return chosen instanceof BouncyCastleX25519 ? List.of(chosen) : List.of(chosen, new BouncyCastleX25519());
    }

    @Test
    void every_engine_gives_the_published_answers() {
        assertThat(ENGINES).allMatch(X25519::isProven);
    }

    @ParameterizedTest // keys as they come: unclamped scalars, points above the prime, the top bit set or not
    @ValueSource(longs = {1, 2, 3, 4})
    void engines_agree_with_one_another_on_random_keys(long seed) {
        Random random = new Random(seed);
        byte[] scalar = new byte[X25519.BYTES];
        byte[] point = new byte[X25519.BYTES];
        X25519Engine oracle = new BouncyCastleX25519();
        for (int i = 0; i < 100; i++) {
            random.nextBytes(scalar);
            random.nextBytes(point);
            for (X25519Engine engine : ENGINES) {
                assertThat(engine.publicKey(scalar)).isEqualTo(oracle.publicKey(scalar));
                assertThat(engine.agree(scalar, point)).isEqualTo(oracle.agree(scalar, point));
            }
        }
    }

    @Test
    void an_engine_of_another_name_is_refused() {
        assertThatThrownBy(() -> X25519.choose("jdk"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sixgate.x25519 is \"jdk\"; it can be \"libcrypto\" or \"bouncycastle\"");
    }

    @Test
    void the_portable_engine_can_be_demanded() {
        assertThat(X25519.choose("bouncycastle").name()).isEqualTo("bouncycastle");
    }

    @ParameterizedTest
    @CsvSource({
        // RFC 7748 §5.2
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4,"
                + "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c,"
                + "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d,"
                + "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493,"
                + "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        // RFC 7748 §6.1
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a,"
                + "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f,"
                + "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb,"
                + "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a,"
                + "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    })
    void agreement_gives_the_published_secret(String scalar, String point, String secret) {
        assertThat(hexDump(X25519.agree(decodeHexDump(scalar), decodeHexDump(point))))
                .isEqualTo(secret);
    }

    @ParameterizedTest
    @CsvSource({ // RFC 7748 §6.1
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a,"
                + "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb,"
                + "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    })
    void a_private_key_has_the_published_public_key(String privateKey, String publicKey) {
        assertThat(hexDump(X25519.publicKey(decodeHexDump(privateKey)))).isEqualTo(publicKey);
    }

    @Test // RFC 7748 §5.2
    void a_thousand_iterations_give_the_published_value() {
        byte[] scalar = new byte[X25519.BYTES];
        scalar[0] = 9;
        byte[] point = scalar;
        for (int i = 1; i <= 1000; i++) {
            byte[] next = X25519.agree(scalar, point);
            point = scalar;
            scalar = next;
            if (i == 1)
                assertThat(hexDump(scalar))
                        .isEqualTo("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
        }
        assertThat(hexDump(scalar)).isEqualTo("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    }

    @ParameterizedTest // RFC 7748 §6.1 and §7: the points of small order, and their spellings above the prime
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                // The top bit of a coordinate does not count (§5).
                "0000000000000000000000000000000000000000000000000000000000000080",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            })
    void a_point_of_low_order_agrees_on_nothing(String point) {
        byte[] scalar = decodeHexDump("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        for (X25519Engine engine : ENGINES)
            assertThat(engine.agree(scalar, decodeHexDump(point))).isNull();
        // What was refused leaves nothing behind: the next agreement of this thread is right.
        assertThat(ENGINES).allMatch(X25519::isProven);
    }
}
