package dev.sixgate.mesh.sim;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.CongestionAlgorithm;
import dev.sixgate.mesh.tcp.TcpOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goodput on lossy paths, as a table that is committed: whoever changes a cell says why. Every figure follows from its seed,
 * so that any difference is a change of behaviour.
 */
class ThroughputTableTest {
    private static final String TABLE = "throughput.txt";
    private static final String WRITE = "sixgate.sim.throughput.write";
    private static final long LINK_BITS_PER_SECOND = 25_000_000;
    private static final Duration QUEUE = ofMillis(50);
    private static final double[] LOSSES = {0, 0.001, 0.01, 0.03};
    private static final int[] RTT_MILLIS = {2, 20, 50, 100};
    /** Of full size, at the link's rate. */
    private static final Duration EIGHT_PACKETS = ofNanos(8 * 1480 * 8_000_000_000L / LINK_BITS_PER_SECOND);

    private static final byte[] BYTES = new byte[16 << 20];

    @Test
    void goodput_by_loss_round_trip_and_algorithm_is_what_the_committed_table_says() throws IOException {
        String actual = table();
        String target = System.getProperty(WRITE);
        if (target != null) Files.writeString(Path.of(target), actual);
        assertThat(actual)
                .as("a cell changed; if that is meant, say why in the commit and write the table anew: -D" + WRITE
                        + "=src/test/resources/dev/sixgate/mesh/sim/" + TABLE)
                .isEqualTo(committed());
    }

    private static String committed() throws IOException {
        try (InputStream file = ThroughputTableTest.class.getResourceAsStream(TABLE)) {
            return new String(Objects.requireNonNull(file, TABLE).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String table() {
        StringBuilder table = new StringBuilder("Mbit/s of payload; link 25 Mbit/s, queue 50 ms, loss both ways\n\n");
        table.append("algorithm  loss %");
        for (int rtt : RTT_MILLIS) table.append(String.format(Locale.ROOT, "%8d ms", rtt));
        table.append('\n');
        for (CongestionAlgorithm algorithm : CongestionAlgorithm.values())
            for (double loss : LOSSES) {
                table.append(String.format(Locale.ROOT, "%-10s %6.1f", algorithm, 100 * loss));
                for (int rtt : RTT_MILLIS)
                    table.append(String.format(Locale.ROOT, "%11.2f", goodput(algorithm, loss, 0, rtt, 1) / 1e6));
                table.append('\n');
            }
        return table.toString();
    }

    @ParameterizedTest // mesh.md L3
    @EnumSource(CongestionAlgorithm.class)
    void half_a_percent_of_packets_up_to_eight_places_late_cost_next_to_nothing(CongestionAlgorithm algorithm) {
        double inOrder = goodput(algorithm, 0, 0, 20, 7);
        assertThat(goodput(algorithm, 0, 0.005, 20, 7)).isGreaterThan(0.95 * inOrder);
    }

    @Test
    void at_one_percent_and_fifty_milliseconds_cubic_keeps_its_promise_and_BBR_has_five_times_that() {
        double cubic = goodput(CongestionAlgorithm.CUBIC, 0.01, 0, 50, 3);
        assertThat(cubic).isGreaterThan(renoFunction(0.01, 50));
        double bbr = goodput(CongestionAlgorithm.BBR, 0.01, 0, 50, 3, 2 * LINK_BITS_PER_SECOND);
        assertThat(bbr).isGreaterThan(5 * cubic);
    }

    @Test // no repetition waits for the retransmission timer, which is a hundred round trips here
    void at_one_percent_and_two_milliseconds_reno_has_what_its_function_promises() {
        double reno = goodput(CongestionAlgorithm.NEW_RENO, 0.01, 0, 2, 3, 4 * LINK_BITS_PER_SECOND);
        assertThat(reno).isGreaterThan(0.9 * renoFunction(0.01, 2));
    }

    /** Bits per second (RFC 9438 §5.1.2, after Mathis et al. 1997). */
    private static double renoFunction(double loss, int rttMillis) {
        return Math.sqrt(1.5 / loss) * 1348 * 8000 / rttMillis;
    }

    private static double goodput(
            CongestionAlgorithm algorithm, double loss, double reorder, int rttMillis, long seed) {
        return goodput(algorithm, loss, reorder, rttMillis, seed, LINK_BITS_PER_SECOND);
    }

    /** @return bits of payload per second */
    private static double goodput(
            CongestionAlgorithm algorithm, double loss, double reorder, int rttMillis, long seed, long bitsPerSecond) {
        try (var net = SimNetwork.seeded(seed).rate(bitsPerSecond, QUEUE)) {
            Duration oneWay = ofMillis(rttMillis).dividedBy(2);
            net.delay(oneWay, oneWay);
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var transfer = edge.exchanges(BYTES, new byte[0], origin, 8080, TcpOptions.DEFAULT.with(algorithm));
            net.runUntil(() -> transfer.receivedBytes() > 0, ofSeconds(5));
            net.loss(loss).reorder(reorder, EIGHT_PACKETS);
            long before = transfer.receivedBytes();
            long millis = Math.clamp(40L * rttMillis, 1000, 4000);
            net.runFor(ofMillis(millis));
            return (transfer.receivedBytes() - before) * 8000.0 / millis;
        }
    }
}
