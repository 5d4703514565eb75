package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TcpPathTest {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 200);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void every_byte_arrives_once_and_in_order_on_a_bad_path(long seed) {
        RandomGenerator choice = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var quality = new TcpPath.Quality(
                choice.nextInt(4) * 0.02,
                choice.nextInt(3) * 0.02,
                choice.nextInt(3) * 0.01,
                choice.nextInt(1, 20),
                choice.nextInt(20, 60));
        int buffer = 1 << choice.nextInt(12, 21);
        var options = new TcpOptions(
                1 << choice.nextInt(12, 21), buffer, Duration.ofMinutes(2), Duration.ZERO, choice.nextBoolean());
        var path = new TcpPath(seed, quality, options, choice.nextInt(0, 100_000), choice.nextInt(0, 100_000));
        path.client.readLimit = choice.nextInt(4) == 0 ? choice.nextInt(1, 5000) : Integer.MAX_VALUE;
        try {
            assertThat(path.run(10 * MINUTE)).as("finishes in virtual time").isTrue();
            assertThat(path.client.read).isEqualTo(path.server.toSend);
            assertThat(path.server.read).isEqualTo(path.client.toSend);
        } finally {
            path.close();
        }
    }
}
