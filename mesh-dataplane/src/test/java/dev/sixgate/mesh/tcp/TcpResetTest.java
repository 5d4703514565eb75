package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resets, and the blind attacks of RFC 5961. */
class TcpResetTest {
    @Test // RFC 9293 §3.10.7.4, second; RFC 5961 §3.2
    void a_RST_at_exactly_the_next_sequence_number_resets() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100_000);
            tcp.ignoreSent();
            tcp.receives("RST seq=101");
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            assertThat(tcp.connection().failure()).hasMessage("Connection reset by peer");
            assertThat(tcp.connection().failure().getStackTrace()).isEmpty();
            assertThat(tcp.allocator.metric().usedHeapMemory()).isZero();
            tcp.sendsNothing();
        }
    }

    @Test // RFC 5961 §3.2
    void a_RST_elsewhere_in_the_window_is_challenged() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("RST seq=102");
            tcp.sends("ACK seq=1 ack=101 len=0");
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4, first
    @ValueSource(longs = {100, 101 + 65_535, 101 + 1_000_000, 2_000_000_000})
    void a_RST_outside_the_window_is_dropped(long sequence) {
        try (var tcp = TcpScript.established()) {
            tcp.receives("RST seq=" + sequence);
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test
    void a_RST_is_heard_while_our_window_is_shut() {
        try (var tcp = TcpScript.established(
                new TcpOptions(4096, 1000, TcpOptions.DEFAULT.connectTimeout(), TcpOptions.DEFAULT.keepalive(), true),
                "mss=1360")) {
            tcp.receives("ACK seq=101 ack=1 len=1000");
            tcp.sends("ACK ack=1101 win=0");
            tcp.receives("RST seq=1101");
            assertThat(tcp.state()).isEqualTo("CLOSED");
        }
    }

    @ParameterizedTest // RFC 5961 §4.2
    @ValueSource(longs = {100, 101, 500, 2_000_000_000})
    void a_SYN_on_a_connection_is_challenged(long sequence) {
        try (var tcp = TcpScript.established()) {
            tcp.receives("SYN seq=" + sequence);
            tcp.sends("ACK seq=1 ack=101 len=0");
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test // RFC 5961 §5.2
    void data_with_an_impossible_acknowledgement_is_challenged_and_dropped() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            tcp.sends("ACK len=10");
            tcp.receives("ACK seq=101 ack=12 len=10");
            tcp.sends("ACK seq=11 ack=101 len=0");
            assertThat(tcp.connection().readableBytes()).isZero();
            tcp.receives("ACK seq=101 ack=-70000 len=10");
            tcp.sends("ACK seq=11 ack=101 len=0");
            assertThat(tcp.connection().readableBytes()).isZero();
        }
    }

    @Test // RFC 5961 §5.2: old acknowledgements within the largest window carry good data
    void data_with_an_old_acknowledgement_is_taken() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            tcp.receives("ACK seq=101 ack=11");
            tcp.receives("ACK seq=101 ack=5 len=10");
            assertThat(tcp.reads()).isEqualTo(10);
        }
    }

    @Test // RFC 5961 §7
    void challenges_are_limited_per_second() {
        try (var tcp = TcpScript.established()) {
            for (int i = 0; i < 50; i++) tcp.receives("SYN seq=500");
            assertThat(tcp.pendingSegments()).isEqualTo(10);
            tcp.ignoreSent();
            tcp.after(1000);
            tcp.receives("SYN seq=500");
            tcp.sends("ACK ack=101");
        }
    }

    @Test // RFC 9293 §3.10.7.4, fifth
    void a_segment_without_ACK_is_dropped() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("NONE seq=101 len=10");
            tcp.receives("FIN seq=101");
            tcp.sendsNothing();
            assertThat(tcp.connection().readableBytes()).isZero();
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test
    void a_RST_after_everything_was_exchanged_is_no_failure() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.closes();
            assertThat(tcp.state()).isEqualTo("LAST_ACK");
            tcp.receives("RST seq=102");
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test
    void a_RST_in_LAST_ACK_that_loses_data_is_a_failure() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.writes(10);
            tcp.shutsDown();
            tcp.receives("RST seq=102");
            assertThat(tcp.connection().failure()).hasMessage("Connection reset by peer");
        }
    }
}
