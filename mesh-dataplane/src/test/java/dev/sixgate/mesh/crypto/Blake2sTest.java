package dev.sixgate.mesh.crypto;

import static io.netty.buffer.ByteBufUtil.hexDump;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class Blake2sTest {
    @Test // RFC 7693 appendix B
    void abc_has_the_published_hash() {
        assertThat(hexDump(Blake2s.hash("a".getBytes(US_ASCII), "bc".getBytes(US_ASCII))))
                .isEqualTo("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
    }

    @Test // RFC 7693 appendix E
    void the_self_test_has_the_published_hash() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int outputBytes : new int[] {16, 20, 28, 32}) {
            for (int length : new int[] {0, 3, 64, 65, 255, 1024}) {
                byte[] input = sequence(length, length);
                all.writeBytes(Blake2s.digest(outputBytes, new byte[0], input));
                all.writeBytes(Blake2s.digest(outputBytes, sequence(outputBytes, outputBytes), input));
            }
        }
        assertThat(hexDump(Blake2s.hash(all.toByteArray())))
                .isEqualTo("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
    }

    @Test
    void a_mac_is_a_keyed_digest_of_16_bytes() {
        byte[] key = sequence(32, 7);
        byte[] input = sequence(200, 9);
        byte[] part = java.util.Arrays.copyOfRange(input, 3, 150);
        assertThat(Blake2s.mac(key, input, 3, 147)).isEqualTo(Blake2s.digest(16, key, part));
    }

    @RepeatedTest(20) // RFC 2104 and RFC 5869, by Bouncy Castle
    void hmac_and_kdf_agree_with_an_independent_implementation(RepetitionInfo repetition) {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        byte[] key = new byte[random.nextInt(33)];
        byte[] input = new byte[random.nextInt(200)];
        random.nextBytes(key);
        random.nextBytes(input);

        HMac hmac = new HMac(new Blake2sDigest(256));
        hmac.init(new KeyParameter(key));
        hmac.update(input, 0, input.length);
        byte[] expected = new byte[32];
        hmac.doFinal(expected, 0);
        assertThat(Blake2s.hmac(key, input)).isEqualTo(expected);

        HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new Blake2sDigest(256));
        hkdf.init(new HKDFParameters(input, key, new byte[0]));
        for (byte[] output : Blake2s.kdf(3, key, input)) {
            hkdf.generateBytes(expected, 0, 32);
            assertThat(output).isEqualTo(expected);
        }
    }

    /** {@code selftest_seq} of appendix E: a Fibonacci sequence. */
    private static byte[] sequence(int length, int seed) {
        byte[] bytes = new byte[length];
        int a = 0xDEAD4BAD * seed;
        int b = 1;
        for (int i = 0; i < length; i++) {
            int sum = a + b;
            a = b;
            b = sum;
            bytes[i] = (byte) (sum >>> 24);
        }
        return bytes;
    }
}
