package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What happens while nobody calls: whitepaper §6. */
class TimersTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private LinkedDevices devices = new LinkedDevices();

    /** When something of this kind left, seconds after {@code start}. */
    private final List<Double> times = new ArrayList<>();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void an_idle_device_has_nothing_to_do() {
        assertThat(devices.edge.wireGuard.nextTimeout()).isEqualTo(WireGuard.NEVER);
        assertThat(devices.node.wireGuard.nextTimeout()).isEqualTo(WireGuard.NEVER);
    }

    @Test
    void an_unanswered_initiation_is_repeated_about_every_5_seconds_for_90_and_then_given_up() {
        record(datagram -> datagram.type() == Protocol.INITIATION, false);
        devices.edge.send(devices.packetToNode(40));
        devices.run(Duration.ofSeconds(80));
        assertThat(devices.edge.events).isEmpty();
        devices.run(Duration.ofSeconds(30));
        assertThat(times).hasSizeBetween(17, 18);
        assertThat(times.getLast()).isLessThan(90);
        HashSet<Double> intervals = new HashSet<>();
        for (int i = 1; i < times.size(); i++) {
            double interval = times.get(i) - times.get(i - 1);
            assertThat(interval).isBetween(5.0, 5.3331);
            intervals.add(interval);
        }
        assertThat(intervals).as("jitter").hasSizeGreaterThan(10);
        assertThat(devices.edge.events).hasSize(1).hasOnlyElementsOfType(PeerEvent.GaveUp.class);

        devices.run(Duration.ofMinutes(20));
        assertThat(times.getLast()).as("silence").isLessThan(90);
        int attempts = times.size();
        devices.edge.send(devices.packetToNode(40));
        assertThat(times).as("traffic begins anew").hasSize(attempts + 1);
    }

    @Test
    void asking_again_and_again_makes_no_more_initiations_and_still_gives_up() {
        record(datagram -> datagram.type() == Protocol.INITIATION, false);
        for (int i = 0; i < 1000; i++) {
            devices.edge.send(devices.packetToNode(40));
            devices.run(Duration.ofMillis(100));
        }
        assertThat(times).hasSizeBetween(17, 20);
        assertThat(devices.edge.events).hasSize(1).hasOnlyElementsOfType(PeerEvent.GaveUp.class);
    }

    @ParameterizedTest
    @CsvSource({"120, 0", "121, 1"})
    void the_initiator_renews_a_session_older_than_120_seconds_when_it_sends(int age, int initiations) {
        devices.connected();
        devices.now += age * SECOND;
        devices.edge.send(devices.packetToNode(40));
        assertThat(devices.seen(Protocol.INITIATION)).isEqualTo(1 + initiations);
        assertThat(devices.seen.stream().filter(datagram -> datagram.type() == Protocol.TRANSPORT_DATA))
                .as("the packet itself left under the old session")
                .hasSize(2);
    }

    @Test
    void the_responder_does_not_renew_a_session_for_its_age() {
        devices.connected();
        devices.now += 179 * SECOND;
        devices.node.send(devices.packetToEdge(40));
        assertThat(devices.seen(Protocol.INITIATION)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"165, 0", "166, 1"})
    void an_initiator_that_only_receives_renews_before_the_session_dies(int age, int initiations) {
        devices.connected();
        devices.now += age * SECOND;
        devices.node.send(devices.packetToEdge(40));
        devices.deliver(devices.wire.poll());
        assertThat(devices.seen(Protocol.INITIATION)).isEqualTo(1 + initiations);
        devices.now += 6 * SECOND; // once a session: another packet does not ask again
        devices.wire.clear();
        devices.node.send(devices.packetToEdge(40));
        devices.deliver(devices.wire.poll());
        assertThat(devices.seen(Protocol.INITIATION)).isLessThanOrEqualTo(2);
    }

    @Test
    void a_receiver_with_nothing_to_say_sends_one_keepalive_10_seconds_after_the_packet() {
        devices.connected();
        devices.run(Duration.ofSeconds(20));
        devices.node.send(devices.packetToEdge(40)); // what the node sent before does not count
        devices.run(Duration.ofSeconds(9).plusMillis(900));
        record(Datagram::isKeepalive, true);
        long sent = devices.now;
        devices.edge.send(devices.packetToNode(40)); // also cancels the edge's own
        devices.run(Duration.ofSeconds(60));
        assertThat(times).containsExactly(10.0);
        assertThat(devices.seen.getLast().from()).isEqualTo(devices.node.address);
        assertThat(devices.now - sent).isEqualTo(60 * SECOND);
    }

    @Test
    void keepalives_are_not_answered_by_keepalives() {
        devices.connected();
        devices.run(Duration.ofSeconds(20));
        record(Datagram::isKeepalive, true);
        devices.edge.send(devices.packetToNode(40));
        devices.run(Duration.ofSeconds(500));
        assertThat(times).containsExactly(10.0);
    }

    @Test
    void a_receiver_that_answers_in_time_sends_no_keepalive() {
        devices.connected();
        devices.run(Duration.ofSeconds(20));
        record(Datagram::isKeepalive, true);
        for (int i = 0; i < 10; i++) {
            devices.edge.send(devices.packetToNode(40));
            devices.run(Duration.ofSeconds(5));
            devices.node.send(devices.packetToEdge(40));
            devices.run(Duration.ofSeconds(4));
        }
        assertThat(times).isEmpty();
    }

    @Test
    void a_stream_one_way_gets_a_keepalive_every_10_seconds_and_one_after_its_end() {
        devices.connected();
        devices.run(Duration.ofSeconds(20));
        record(Datagram::isKeepalive, true);
        for (int i = 0; i < 30; i++) {
            devices.edge.send(devices.packetToNode(40));
            devices.run(Duration.ofSeconds(1));
        }
        devices.run(Duration.ofSeconds(30));
        assertThat(times).containsExactly(10.0, 20.0, 30.0, 40.0);
        assertThat(devices.seen(Protocol.INITIATION))
                .as("the stream never seemed dead")
                .isEqualTo(1);
    }

    @Test
    void data_that_nothing_answers_for_15_seconds_starts_a_handshake() {
        devices.connected();
        devices.run(Duration.ofSeconds(20));
        record(datagram -> datagram.type() == Protocol.INITIATION, false);
        for (int i = 0; i < 14; i++) { // counted from the first unanswered packet
            devices.edge.send(devices.packetToNode(40));
            devices.run(Duration.ofSeconds(1));
        }
        assertThat(times).isEmpty();
        devices.run(Duration.ofMillis(1334));
        assertThat(times).hasSize(1);
        assertThat(times.getFirst()).isBetween(15.0, 15.3331);
    }

    @Test // all timers are due at once: the handshake that one begins must outlive the keys that another forgets
    void after_an_hour_of_sleep_unanswered_data_still_starts_a_handshake() {
        devices.connected();
        devices.edge.send(devices.packetToNode(40));
        record(datagram -> datagram.type() == Protocol.INITIATION, true);
        devices.now += Duration.ofHours(1).toNanos();
        devices.edge.timeout();
        assertThat(times).containsExactly(3600.0);
        devices.deliver();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void a_keepalive_alone_expects_no_answer() {
        devices.connected();
        devices.run(Duration.ofSeconds(20));
        devices.edge.peer().sendKeepalive(devices.now);
        devices.edge.flush();
        devices.carries = datagram -> false;
        devices.run(Duration.ofSeconds(60));
        assertThat(devices.seen(Protocol.INITIATION)).isEqualTo(1);
    }

    @Test
    void a_persistent_keepalive_connects_at_once_and_then_goes_out_when_nothing_else_does() {
        devices.close();
        devices = new LinkedDevices(1, null, null, Duration.ofSeconds(25));
        devices.edge.flush();
        devices.deliver();
        assertThat(devices.node.peer().readyToSend(devices.now)).isTrue();
        record(Datagram::isKeepalive, true);
        devices.run(Duration.ofSeconds(100));
        assertThat(times).containsExactly(25.0, 50.0, 75.0, 100.0);
        assertThat(devices.seen)
                .allMatch(d -> d.type() != Protocol.TRANSPORT_DATA || d.from().equals(devices.edge.address));
    }

    @Test
    void a_persistent_keepalive_keeps_a_session_alive_for_ever_and_recovers_from_silence() {
        devices.close();
        devices = new LinkedDevices(1, null, null, Duration.ofSeconds(25));
        devices.edge.flush();
        devices.run(Duration.ofMinutes(30));
        assertThat(devices.node.peer().readyToSend(devices.now)).isTrue();
        devices.carries = datagram -> false;
        devices.run(Duration.ofMinutes(30));
        assertThat(devices.node.peer().keypairs.current()).isNull();
        devices.carries = datagram -> true;
        devices.run(Duration.ofSeconds(31));
        assertThat(devices.node.peer().readyToSend(devices.now)).isTrue();
    }

    /** Notes when such datagrams leave from now on. */
    private void record(java.util.function.Predicate<Datagram> kind, boolean carries) {
        long start = devices.now;
        devices.carries = datagram -> {
            if (kind.test(datagram)) times.add((devices.now - start) / 1e9);
            return carries;
        };
    }
}
