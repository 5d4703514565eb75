package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.TcpStack.IcmpError;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keepalive (RFC 9293 §3.8.4) and ICMPv6 errors (RFC 9293 §3.9.2.2, RFC 5927). */
class TcpKeepaliveAndErrorsTest {
    private static final TcpOptions KEEPALIVE =
            new TcpOptions(1 << 16, 1 << 16, Duration.ofSeconds(10), Duration.ofSeconds(30), true);

    @Test
    void an_idle_connection_is_probed() {
        try (var tcp = TcpScript.established(KEEPALIVE, "mss=1360")) {
            tcp.after(29_999);
            tcp.sendsNothing();
            tcp.after(1);
            tcp.sends("ACK seq=0 ack=101 len=0");
            tcp.receives("ACK seq=101 ack=1");
            tcp.after(29_999);
            tcp.sendsNothing();
            tcp.after(1);
            tcp.sends("ACK seq=0 ack=101 len=0");
        }
    }

    @Test
    void a_dead_remote_is_found_after_five_silent_probes() {
        try (var tcp = TcpScript.established(KEEPALIVE, "mss=1360")) {
            tcp.after(5 * 30_000);
            assertThat(tcp.pendingSegments()).isEqualTo(5);
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            tcp.after(30_000);
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void a_probe_of_the_remote_is_answered() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=100 ack=1 len=0");
            tcp.sends("ACK seq=1 ack=101 len=0");
            tcp.receives("ACK seq=100 ack=1 len=1");
            tcp.sends("ACK seq=1 ack=101 len=0");
        }
    }

    @Test
    void without_the_option_an_idle_connection_has_no_timer() {
        try (var tcp = TcpScript.established()) {
            assertThat(tcp.stack.nextTimeout()).isEqualTo(TcpStack.NEVER);
        }
    }

    @ParameterizedTest // RFC 4443 §3.1
    @CsvSource({"0, false", "1, false", "3, false", "4, true"})
    void an_unreachable_destination_fails_an_open(int code, boolean isRefused) {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            icmp(tcp, 0, new IcmpError.Unreachable(code));
            tcp.after(0);
            assertThat(tcp.connection().failure())
                    .isInstanceOf(isRefused ? ConnectException.class : NoRouteToHostException.class);
        }
    }

    @Test // RFC 5927 §4.1
    void an_error_about_something_not_in_flight_is_ignored() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            icmp(tcp, 1, new IcmpError.Unreachable(4));
            icmp(tcp, -1, new IcmpError.Unreachable(4));
            icmp(tcp, 1_000_000, new IcmpError.Unreachable(4));
            assertThat(tcp.state()).isEqualTo("SYN_SENT");
        }
    }

    @Test // RFC 5927 §5.2: hard errors are soft once connected
    void an_unreachable_destination_does_not_end_a_connection() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            icmp(tcp, 1, new IcmpError.Unreachable(4));
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test // RFC 8201 §4
    void a_packet_too_big_cuts_what_is_in_flight_anew_without_shrinking_the_window() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(4000);
            tcp.ignoreSent();
            int window = tcp.connection().statistics(tcp.now).congestionWindowBytes();
            icmp(tcp, 1, new IcmpError.PacketTooBig(1300));
            tcp.after(0);
            tcp.receivesTogether();
            tcp.sends("ACK seq=1 len=1240");
            tcp.sends("ACK seq=1241 len=1240");
            tcp.sends("ACK seq=2481 len=1240");
            tcp.sends("ACK seq=3721 len=280");
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isEqualTo(window);
        }
    }

    @ParameterizedTest // RFC 8201 §4: never below 1280; never up
    @CsvSource({"0, 1220", "1279, 1220", "1280, 1220", "1419, 1359", "1420, 1360", "9000, 1360", "-5, 1220"})
    void a_packet_too_big_is_believed_within_bounds(int mtu, int mss) {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            icmp(tcp, 1, new IcmpError.PacketTooBig(mtu));
            assertThat(tcp.connection().statistics(tcp.now).mss()).isEqualTo(mss);
        }
    }

    @Test
    void a_packet_too_big_during_the_handshake_bounds_the_segments_after_it() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            icmp(tcp, 0, new IcmpError.PacketTooBig(1280));
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            assertThat(tcp.connection().statistics(tcp.now).mss()).isEqualTo(1220);
        }
    }

    @Test // RFC 4821 §7.7, RFC 8899 §5.3
    void a_larger_segment_that_is_lost_alone_is_sent_again_in_two_and_costs_no_window() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            tcp.ignoreSent();
            icmp(tcp, 1, new IcmpError.PacketTooBig(1280));
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=11");
            tcp.sleeps(Duration.ofMinutes(10));
            tcp.writes(8000);
            int window = tcp.connection().statistics(tcp.now).congestionWindowBytes();
            tcp.sends("ACK seq=11 len=1360");
            tcp.sends("ACK seq=1371 len=1220");
            tcp.sends("ACK seq=2591 len=1220");
            tcp.after(10);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=11 sack=1371-6251");
            tcp.sends("ACK seq=11 len=1220");
            tcp.sends("ACK seq=1231 len=140");
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=8011");
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isGreaterThanOrEqualTo(window);
            assertThat(tcp.connection().statistics(tcp.now).mss()).isEqualTo(1220);
        }
    }

    @Test
    void a_larger_segment_that_arrives_raises_what_every_connection_to_there_sends() {
        try (var tcp = TcpScript.established()) {
            tcp.stack.pathMtus().onBlackHole(TcpScript.REMOTE, tcp.now);
            tcp.writes(8000);
            tcp.sends("ACK seq=1 len=1360");
            tcp.sends("ACK seq=1361 len=1220");
            tcp.after(10);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=8001");
            tcp.writes(1360);
            tcp.sends("ACK seq=8001 len=1360");
            tcp.sendsNothing();
        }
    }

    private static void icmp(TcpScript tcp, int sequence, IcmpError error) {
        int wire = (int) tcp.connection().send.initial() + sequence;
        tcp.stack.onIcmpError(
                TcpScript.LOCAL, TcpScript.PORT, TcpScript.REMOTE, TcpScript.REMOTE_PORT, wire, error, tcp.now);
    }
}
