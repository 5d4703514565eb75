package dev.sixgate.mesh.sim;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.wireguard.PeerEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** How fast the death of a peer with traffic is noticed, that nothing else is taken for it, and how a peer returns. */
class LivenessSimulationTest {
    private static final int KIB = 1024;
    private static final int DEATHS = Integer.getInteger("sixgate.sim.deaths", 100);

    /** Gate F1: a dead peer with traffic in flight is unusable within 0.4 s, 99 times in 100. */
    @Test
    void a_dead_peer_with_traffic_is_noticed_within_400_ms() {
        long[] took = new long[DEATHS];
        for (int seed = 0; seed < DEATHS; seed++) took[seed] = nanosToNotice(seed);
        Arrays.sort(took);
        assertThat(took[DEATHS * 99 / 100])
                .as("p99 of %d deaths; median %d ms", DEATHS, took[DEATHS / 2] / 1_000_000)
                .isLessThanOrEqualTo(400_000_000L);
    }

    private static long nanosToNotice(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        long delayMicros = random.nextLong(500, 10_000); // there and back: 1 to 20 ms
        try (var net = network(seed).delay(ofNanos(delayMicros * 1000), ofNanos(delayMicros * 1000))) {
            net.rate(8_000_000, ofMillis(10));
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            boolean isUp = random.nextBoolean();
            var noticed = new ArrayList<Long>();
            edge.peerListener(event -> {
                if (event instanceof PeerEvent.Unreachable) noticed.add(net.nowNanos());
            });
            byte[] bulk = new byte[32 << 20];
            edge.exchanges(isUp ? bulk : new byte[500], isUp ? new byte[0] : bulk, origin, 8080, smallBuffers())
                    .mayFail();
            net.runFor(ofMillis(random.nextInt(600, 7000)));
            assertThat(noticed).as("seed %d, before", seed).isEmpty();
            long death = net.nowNanos();
            net.partition(edge, origin);
            net.runUntil(() -> !noticed.isEmpty(), ofSeconds(20));
            return noticed.getFirst() - death;
        }
    }

    @ParameterizedTest
    @Seeds(200)
    void a_peer_on_a_path_that_loses_3_percent_is_never_unreachable(long seed) {
        try (var net = network(seed)) {
            RandomGenerator random = net.random();
            Duration delay = ofMillis(random.nextInt(1, 50));
            net.delay(delay, delay.plusMillis(random.nextInt(10)));
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var events = unreachables(edge, origin);
            edge.pings(origin, 0);
            net.runFor(ofSeconds(1));
            net.loss(0.03);
            for (int round = 0; round < 5; round++) {
                var one = edge.exchanges(
                        net.randomBytes(random.nextInt(1, 20 * KIB)),
                        net.randomBytes(random.nextInt(60 * KIB)),
                        origin,
                        8080,
                        TcpOptions.DEFAULT);
                net.runUntil(one::isClosed, ofMinutes(5));
                net.runFor(ofMillis(random.nextInt(2000)));
            }
            assertThat(events).isEmpty();
        }
    }

    /** Gate F3: traffic again within 1.5 s and a round trip. */
    @ParameterizedTest
    @Seeds(20)
    void a_peer_restarted_with_the_same_keys_has_traffic_again_within_1500_ms(long seed) {
        try (var net = network(seed).delay(ofMillis(5), ofMillis(5))) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            net.rate(2_000_000, ofMillis(10));
            edge.sends(new byte[32 << 20], origin, 8080).mayFail();
            net.runFor(ofMillis(net.random().nextInt(5100, 15_000)));
            origin.restart();
            var after = edge.sends(net.randomBytes(KIB), origin, 8080);
            net.runUntil(after::isComplete, ofMillis(1510));
        }
    }

    @ParameterizedTest
    @Seeds(20)
    void a_peer_that_was_away_is_reachable_again_with_its_first_packet(long seed) {
        try (var net = network(seed).delay(ofMillis(5), ofMillis(15))) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            List<String> events = new ArrayList<>();
            edge.peerListener(event -> {
                if (event instanceof PeerEvent.Unreachable u) events.add("unreachable: " + u.evidence());
                if (event instanceof PeerEvent.Reachable) events.add("reachable");
            });
            var transfer = edge.sends(net.randomBytes(200 * KIB), origin, 8080);
            net.runUntil(() -> transfer.receivedBytes() > 20 * KIB, ofMinutes(1));
            net.partition(edge, origin);
            Duration away = ofMillis(net.random().nextInt(1000, 60_000));
            net.runFor(away);
            assertThat(events)
                    .singleElement()
                    .asString()
                    .matches(
                            "unreachable: no answer for \\d+ ms to traffic and \\d+ probes, last heard \\d+ ms before");
            assertThat(edge.mesh().wireGuard().peers().getFirst().isUnreachable())
                    .isTrue();
            net.heal(edge, origin);
            // A quarter of its absence, or the next legal handshake.
            net.runUntil(() -> events.size() == 2, away.dividedBy(4).plusSeconds(6));
            assertThat(events.getLast()).isEqualTo("reachable");
            net.runUntil(transfer::isClosed, ofMinutes(2));
        }
    }

    @Test
    void a_peer_that_never_answered_a_handshake_is_unreachable_after_three() {
        try (var net = network(1)) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var events = unreachables(edge, origin);
            net.partition(edge, origin);
            edge.sends(new byte[10], origin, 8080).mayFail();
            net.runFor(ofSeconds(10));
            assertThat(events).isEmpty();
            net.runFor(ofSeconds(2));
            assertThat(events)
                    .singleElement()
                    .satisfies(event -> assertThat(event.evidence()).endsWith("to traffic and 3 probes, never heard"));
        }
    }

    @Test
    void silence_without_traffic_says_nothing() {
        try (var net = network(1)) {
            SimNode edge = net.node("edge");
            SimNode origin = net.node("origin");
            var events = unreachables(edge, origin);
            var transfer = edge.sends(new byte[10], origin, 8080);
            net.runUntil(transfer::isClosed, ofSeconds(5));
            net.runFor(ofSeconds(1));
            net.partition(edge, origin);
            net.runFor(ofMinutes(10));
            assertThat(events).isEmpty();
        }
    }

    /** A window that does not overflow the path's queue. */
    private static TcpOptions smallBuffers() {
        return new TcpOptions(8 * KIB, 8 * KIB, ofSeconds(60), Duration.ZERO, true);
    }

    private static List<PeerEvent.Unreachable> unreachables(SimNode... nodes) {
        List<PeerEvent.Unreachable> events = new ArrayList<>();
        for (SimNode node : nodes)
            node.peerListener(event -> {
                if (event instanceof PeerEvent.Unreachable unreachable) events.add(unreachable);
            });
        return events;
    }

    private static SimNetwork network(long seed) {
        SimNetwork net = SimNetwork.seeded(seed);
        return Boolean.getBoolean("sixgate.sim.trace") ? net.listener(System.out::println) : net;
    }
}
