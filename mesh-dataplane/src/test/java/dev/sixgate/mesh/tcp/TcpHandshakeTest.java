package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9293 §3.5 and §3.10.7.1 to §3.10.7.3. */
class TcpHandshakeTest {
    @Test // RFC 9293 §3.5, figure 6
    void an_active_open_sends_SYN_and_acknowledges_the_SYN_ACK() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN seq=0 ack=0 win=65535 mss=1360 ws=7 sackOK");
            tcp.after(30);
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360 ws=7 sackOK");
            tcp.sends("ACK seq=1 ack=101 len=0");
            tcp.sendsNothing();
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED);
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            assertThat(tcp.connection().statistics(tcp.now).connectNanos()).isEqualTo(30_000_000);
        }
    }

    @Test
    void a_SYN_waits_until_the_application_accepts() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 mss=1360 ws=7 sackOK ts=5:0");
            tcp.receives("SYN seq=100 mss=1360 ws=7 sackOK ts=9:0");
            tcp.sendsNothing();
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101 mss=1360 ws=7 sackOK echo=5");
            tcp.receives("ACK seq=101 ack=1 ts=6:" + tcp.ourTimestamp());
            tcp.sendsNothing();
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED);
        }
    }

    @Test
    void a_refused_SYN_is_answered_with_RST_and_no_event() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.refuse();
            tcp.sends("RST-ACK ack=101 win=0");
            tcp.sendsNothing();
            assertThat(tcp.readiness()).isZero();
            assertThat(tcp.stack.connectionCount()).isZero();
        }
    }

    @ParameterizedTest // RFC 7323 §2.2 and §3.2, RFC 2018 §2: only what the SYN offered is answered
    @CsvSource({"mss=1360, none, none, none", "ws=0, 7, none, none", "ts=3:0, none, none, 3", "sackOK, none, '', none"})
    void the_SYN_ACK_has_only_options_that_the_SYN_offered(String option, String ws, String sackOk, String echo) {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 " + option);
            tcp.accept();
            tcp.sends("SYN-ACK ack=101 mss=1360 ws=" + ws + " sackOK=" + sackOk + " echo=" + echo);
        }
    }

    @Test // RFC 9293 §3.5, figure 7
    void both_sides_may_open_at_once() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN seq=0");
            tcp.receives("SYN seq=100 mss=1360");
            tcp.sends("SYN-ACK seq=0 ack=101");
            assertThat(tcp.state()).isEqualTo("SYN_RECEIVED");
            tcp.receives("SYN-ACK seq=100 ack=1");
            tcp.sends("ACK seq=1 ack=101 len=0");
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED);
        }
    }

    @Test
    void a_simultaneous_open_also_completes_by_a_plain_acknowledgement() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.receives("SYN seq=100");
            tcp.sends("SYN-ACK");
            tcp.receives("ACK seq=101 ack=1");
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test // RFC 9293 §3.10.7.1
    void a_SYN_to_a_closed_port_is_reset() {
        try (var tcp = TcpScript.idle()) {
            tcp.receives("SYN seq=100");
            tcp.sends("RST-ACK seq=0 ack=101");
        }
    }

    @Test // RFC 9293 §3.10.7.1: SEG.LEN counts data and FIN
    void the_reset_of_a_segment_without_ACK_acknowledges_all_of_it() {
        try (var tcp = TcpScript.idle()) {
            tcp.receives("SYN-FIN seq=100 len=10");
            tcp.sends("RST-ACK seq=0 ack=112");
        }
    }

    @Test // RFC 9293 §3.10.7.1
    void a_segment_with_an_ack_to_nothing_is_reset_at_its_ack() {
        try (var tcp = TcpScript.idle()) {
            tcp.receives("ACK seq=100 ack=7777 len=5");
            tcp.sends("RST seq=7777 ack=0");
        }
    }

    @Test // RFC 9293 §3.10.7.1
    void a_RST_to_nothing_is_dropped() {
        try (var tcp = TcpScript.idle()) {
            tcp.receives("RST seq=100");
            tcp.receives("RST-ACK seq=100 ack=1");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 9293 §3.10.7.2
    void a_segment_with_an_ack_is_reset_in_LISTEN() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("ACK seq=100 ack=1");
            tcp.sends("RST seq=1");
            tcp.receives("SYN-ACK seq=100 ack=50");
            tcp.sends("RST seq=50");
            tcp.receives("RST seq=100");
            tcp.receives("FIN seq=100");
            tcp.receives("SYN-FIN seq=100");
            tcp.receives("NONE seq=100 len=4");
            tcp.sendsNothing();
            assertThat(tcp.stack.connectionCount()).isZero();
        }
    }

    @Test // RFC 9293 §3.10.7.3, first
    void a_wrong_acknowledgement_of_our_SYN_is_reset_and_we_go_on() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.receives("SYN-ACK seq=100 ack=2");
            tcp.sends("RST seq=2");
            tcp.receives("ACK seq=100 ack=0");
            tcp.sends("RST seq=0");
            tcp.receives("RST-ACK seq=100 ack=2");
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("SYN_SENT");
        }
    }

    @Test // RFC 9293 §3.10.7.3, second
    void a_RST_that_acknowledges_our_SYN_refuses_the_connection() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.receives("RST seq=0");
            assertThat(tcp.state()).isEqualTo("SYN_SENT");
            tcp.receives("RST-ACK seq=0 ack=1");
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(tcp.connection().failure())
                    .isInstanceOf(ConnectException.class)
                    .hasMessage("Connection refused")
                    .hasNoCause();
            assertThat(tcp.connection().failure().getStackTrace()).isEmpty();
            assertThat(tcp.stack.connectionCount()).isZero();
        }
    }

    @Test // RFC 9293 §3.10.7.3, fifth
    void a_segment_without_SYN_and_RST_is_dropped_in_SYN_SENT() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.receives("ACK seq=100 ack=1 len=5");
            tcp.receives("FIN seq=100");
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("SYN_SENT");
        }
    }

    @Test // RFC 6298 §2.1 and §5.5
    void an_unanswered_SYN_is_repeated_with_backoff() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN seq=0");
            tcp.after(999);
            tcp.sendsNothing();
            tcp.after(1);
            tcp.sends("SYN seq=0 mss=1360 ws=7 sackOK");
            tcp.after(1999);
            tcp.sendsNothing();
            tcp.after(1);
            tcp.sends("SYN seq=0");
            tcp.sendsNothing();
        }
    }

    @Test
    void a_connect_that_nobody_answers_times_out() {
        var options = new TcpOptions(1 << 16, 1 << 16, Duration.ofMillis(2500), Duration.ZERO, true);
        try (var tcp = TcpScript.connecting(options)) {
            tcp.after(2499);
            assertThat(tcp.readiness()).isZero();
            tcp.after(1);
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
            assertThat(tcp.stack.nextTimeout()).isEqualTo(TcpStack.NEVER);
        }
    }

    @Test
    void an_unanswered_SYN_ACK_is_repeated_and_given_up() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.after(1000);
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("SYN seq=100");
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.after(10_000);
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void a_pending_SYN_that_nobody_answers_disappears() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            assertThat(tcp.stack.connectionCount()).isOne();
            tcp.after(10_000);
            assertThat(tcp.stack.connectionCount()).isZero();
            assertThat(tcp.stack.pollReadyListener()).isNull();
            tcp.sendsNothing();
        }
    }

    @Test
    void a_pending_SYN_that_the_remote_resets_disappears() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.receives("RST seq=102");
            assertThat(tcp.stack.connectionCount()).isOne();
            tcp.receives("RST seq=101");
            assertThat(tcp.stack.connectionCount()).isZero();
            assertThat(tcp.stack.pollReady()).isNull();
        }
    }

    @Test
    void a_taken_SYN_that_the_remote_resets_tells_its_taker() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            TcpConnection pending = tcp.takePending();
            tcp.receives("RST seq=101");
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(pending.failure()).hasMessage("Connection reset by peer");
            pending.accept(tcp.now);
            pending.refuse(tcp.now);
            assertThat(pending.isConnected()).isFalse();
        }
    }

    @Test
    void SYNs_beyond_the_backlog_cost_no_memory() {
        try (var tcp = TcpScript.idle()) {
            tcp.listen(TcpOptions.DEFAULT, 2);
            for (int port = 1; port <= 3; port++) {
                tcp.fromPort(port);
                tcp.receives("SYN seq=100");
            }
            tcp.sends("SYN-ACK ack=101");
            tcp.sendsNothing();
            assertThat(tcp.stack.connectionCount()).isEqualTo(2);
            tcp.refuse();
            tcp.receives("SYN seq=100");
            assertThat(tcp.stack.connectionCount()).isEqualTo(2);
        }
    }

    @Test
    void closing_a_listener_resets_what_is_pending_and_keeps_what_was_accepted() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.accept();
            tcp.sends("SYN-ACK");
            tcp.fromPort(2);
            tcp.receives("SYN seq=500");
            tcp.listener.close(tcp.now);
            tcp.fromPort(3);
            tcp.receives("SYN seq=700");
            tcp.sends("RST-ACK ack=501");
            tcp.sends("RST-ACK ack=701");
            assertThat(tcp.stack.connectionCount()).isOne();
        }
    }

    @Test
    void data_with_the_SYN_is_left_to_be_sent_again() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 len=50");
            tcp.accept();
            tcp.sends("SYN-ACK ack=101");
        }
    }

    @Test // RFC 9293 §3.10.7.3, fourth: other controls and text are processed
    void data_with_the_SYN_ACK_is_delivered() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360 len=20 at=101");
            tcp.sends("ACK seq=1 ack=121");
            assertThat(tcp.reads()).isEqualTo(20);
        }
    }

    @Test
    void what_was_written_before_the_handshake_goes_with_its_last_step() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.writes(30);
            tcp.sendsNothing();
            tcp.shutsDown();
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            tcp.sends("FIN-PSH-ACK seq=1 ack=101 len=30");
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_1");
        }
    }

    @Test // RFC 9293 §3.10.7.4, fifth
    void a_wrong_acknowledgement_in_SYN_RECEIVED_is_reset() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.accept();
            tcp.sends("SYN-ACK");
            tcp.receives("ACK seq=101 ack=2");
            tcp.sends("RST seq=2");
            assertThat(tcp.state()).isEqualTo("SYN_RECEIVED");
        }
    }

    @Test // RFC 9293 §3.10.7.4, second
    void a_RST_in_SYN_RECEIVED_ends_it() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.accept();
            tcp.receives("RST seq=101");
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(tcp.connection().failure()).hasMessage("Connection reset by peer");
        }
    }

    @ParameterizedTest // RFC 9293 §3.7.1: 1220 where nothing is said; RFC 7323 §2.3; our own MTU bounds it
    @CsvSource({"'', 1220", "mss=536, 536", "mss=9000, 1360", "mss=0, 88", "mss=1, 88"})
    void the_remotes_MSS_bounds_our_segments(String option, int mss) {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, option)) {
            tcp.writes(3000);
            tcp.sends("ACK seq=1 len=" + mss);
            assertThat(tcp.connection().statistics(tcp.now).mss()).isEqualTo(mss);
        }
    }

    @Test // RFC 7323 §2.3
    void a_window_scale_above_14_counts_as_14() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "ws=255 mss=1360")) {
            assertThat(tcp.connection().send.windowScale).isEqualTo(14);
        }
    }

    @Test // RFC 7323 §2.2: a SYN's window is never scaled
    void windows_are_scaled_after_the_handshake_only() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN win=65535");
            tcp.receives("SYN-ACK seq=100 ack=1 win=1000 ws=3 mss=1360");
            assertThat(tcp.connection().send.window()).isEqualTo(1000);
            tcp.sends("ACK win=2048");
            tcp.receives("ACK seq=101 ack=1 win=1000");
            assertThat(tcp.connection().send.window()).isEqualTo(8000);
        }
    }

    @Test
    void a_four_tuple_is_taken_once() throws BindException {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            assertThatThrownBy(() -> tcp.connect(TcpOptions.DEFAULT)).hasCauseInstanceOf(BindException.class);
            tcp.stack.listen(null, 9, 1, TcpOptions.DEFAULT);
            tcp.stack.listen(TcpScript.LOCAL, 9, 1, TcpOptions.DEFAULT);
            assertThatThrownBy(() -> tcp.stack.listen(null, 9, 1, TcpOptions.DEFAULT))
                    .isInstanceOf(BindException.class)
                    .hasMessage("port 9 already has a listener");
            assertThatThrownBy(() -> tcp.stack.listen(TcpScript.LOCAL, 9, 1, TcpOptions.DEFAULT))
                    .isInstanceOf(BindException.class);
            assertThat(tcp.stack
                            .listen(TcpScript.LOCAL, 0, 1, TcpOptions.DEFAULT)
                            .localPort())
                    .isGreaterThanOrEqualTo(EphemeralPorts.FIRST);
        }
    }

    @Test // RFC 6528 §3
    void initial_sequence_numbers_differ_by_four_tuple_and_grow_with_time() throws BindException {
        try (var tcp = TcpScript.idle()) {
            var a = tcp.stack.connect(TcpScript.LOCAL, 1, TcpScript.REMOTE, 80, TcpOptions.DEFAULT, tcp.now);
            var b = tcp.stack.connect(TcpScript.LOCAL, 2, TcpScript.REMOTE, 80, TcpOptions.DEFAULT, tcp.now);
            assertThat(Math.abs((int) (a.send.initial() - b.send.initial()))).isGreaterThan(1 << 16);
            a.abort(tcp.now);
            tcp.after(1000);
            var again = tcp.stack.connect(TcpScript.LOCAL, 1, TcpScript.REMOTE, 80, TcpOptions.DEFAULT, tcp.now);
            assertThat((int) (again.send.initial() - a.send.initial())).isEqualTo(250_000);
        }
    }
}
