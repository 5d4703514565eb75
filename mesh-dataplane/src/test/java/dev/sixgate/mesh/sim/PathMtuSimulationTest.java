package dev.sixgate.mesh.sim;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Paths that drop what is too long and tell nobody. */
class PathMtuSimulationTest {
    private static final int MIB = 1 << 20;
    /** Header and tag of WireGuard's transport data. */
    private static final int TUNNEL_BYTES = 32;

    private static int mtuTo(SimNode from, SimNode to) {
        return from.mesh().tcp().pathMtus().mtu(to.address(), from.nowNanos());
    }

    @ParameterizedTest // mesh.md L4
    @Seeds(5)
    void a_path_that_shrinks_under_a_transfer_is_left_within_three_seconds_and_measured_while_it_goes_on(long seed) {
        try (var net = SimNetwork.seeded(seed).delay(ofMillis(10), ofMillis(12)).rate(2_000_000, ofMillis(50))) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var transfer = edge.sends(new byte[4 * MIB], origin, 8080);
            net.runUntil(() -> transfer.receivedBytes() > MIB / 2, ofSeconds(10));
            int largest = 1280 + net.random().nextInt(140) / 16 * 16;
            net.mtu(largest + TUNNEL_BYTES);
            net.runFor(ofMillis(100));
            int before = transfer.receivedBytes();
            net.runUntil(() -> transfer.receivedBytes() > before, ofSeconds(3));
            net.runUntil(transfer::isClosed, ofSeconds(60));
            assertThat(mtuTo(edge, origin)).isEqualTo(largest);
        }
    }

    @ParameterizedTest
    @Seeds(5)
    void every_byte_arrives_while_the_path_shrinks_and_grows_and_loses(long seed) {
        try (var net = SimNetwork.seeded(seed)
                .delay(ofMillis(1), ofMillis(20))
                .rate(2_000_000, ofMillis(100))
                .loss(0.02)
                .reorder(0.02)) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            byte[] bytes = net.randomBytes(MIB);
            var transfer = edge.exchanges(bytes, bytes, origin, 8080, edge.options());
            for (int i = 0; i < 6; i++) {
                net.after(ofSeconds(1 + 2 * i), () -> net.mtu(net.random().nextInt(1312, 1480)));
            }
            net.runUntil(transfer::isClosed, ofMinutes(3));
        }
    }

    @Test
    void new_connections_begin_with_what_is_known_and_a_path_that_grew_is_found_after_ten_minutes() {
        try (var net = SimNetwork.seeded(3)
                .delay(ofMillis(10), ofMillis(10))
                .rate(4_000_000, ofMillis(50))
                .mtu(1360 + TUNNEL_BYTES)) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var first = edge.sends(new byte[3 * MIB], origin, 8080);
            net.runUntil(first::isClosed, ofMinutes(1));
            assertThat(mtuTo(edge, origin)).isEqualTo(1360);
            long began = net.nowNanos();
            // The origin has never sent anything large; that nothing of its answer is lost is the edge's SYN's doing.
            var second = edge.exchanges(new byte[10], new byte[100_000], origin, 8080, edge.options());
            net.runUntil(second::isComplete, ofSeconds(2));
            assertThat(net.nowNanos() - began).isLessThan(ofMillis(600).toNanos());
            net.mtu(0);
            net.runFor(ofMinutes(11));
            var third = edge.sends(new byte[2 * MIB], origin, 8080);
            net.runUntil(third::isClosed, ofMinutes(1));
            assertThat(mtuTo(edge, origin)).isEqualTo(edge.mesh().mtu());
        }
    }

    @Test
    void a_partition_that_looked_like_a_black_hole_costs_one_probe() {
        try (var net = SimNetwork.seeded(5).delay(ofMillis(10), ofMillis(10)).rate(8_000_000, ofMillis(50))) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var transfer = edge.sends(new byte[4 * MIB], origin, 8080);
            net.runUntil(() -> transfer.receivedBytes() > MIB, ofSeconds(10));
            net.partition(edge, origin);
            net.runFor(ofSeconds(5));
            assertThat(mtuTo(edge, origin)).isEqualTo(1280);
            net.heal(edge, origin);
            net.runUntil(transfer::isClosed, ofMinutes(1));
            assertThat(mtuTo(edge, origin)).isEqualTo(edge.mesh().mtu());
        }
    }
}
