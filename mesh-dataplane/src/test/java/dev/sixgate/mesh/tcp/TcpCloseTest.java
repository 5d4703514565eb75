package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9293 §3.6, §3.10.4, §3.10.5 and the FIN steps of §3.10.7.4. */
class TcpCloseTest {
    @Test
    void data_goes_both_ways_and_both_sides_close() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(3000);
            tcp.sends("ACK seq=1 ack=101 len=1360");
            tcp.sends("ACK seq=1361 ack=101 len=1360");
            tcp.sends("PSH-ACK seq=2721 ack=101 len=280");
            tcp.receives("ACK seq=101 ack=3001 len=10");
            tcp.sends("ACK seq=3001 ack=111 len=0");
            assertThat(tcp.reads()).isEqualTo(10);
            tcp.closes();
            tcp.sends("FIN-ACK seq=3001 ack=111");
            tcp.receives("FIN-ACK seq=111 ack=3002");
            tcp.sends("ACK seq=3002 ack=112");
            tcp.sendsNothing();
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test // RFC 9293 §3.6, figure 12
    void the_side_that_closes_first_passes_FIN_WAIT_1_FIN_WAIT_2_and_TIME_WAIT() {
        try (var tcp = TcpScript.established()) {
            tcp.shutsDown();
            tcp.sends("FIN-ACK seq=1 ack=101");
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_1");
            tcp.receives("ACK seq=101 ack=2");
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_2");
            tcp.receives("FIN-ACK seq=101 ack=2");
            tcp.sends("ACK seq=2 ack=102");
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.stack.timeWait.size()).isOne();
            assertThat(tcp.stack.connectionCount()).isZero();
            tcp.after(60_000);
            assertThat(tcp.stack.timeWait.size()).isZero();
            assertThat(tcp.stack.nextTimeout()).isEqualTo(TcpStack.NEVER);
        }
    }

    @Test
    void the_side_that_closes_second_passes_CLOSE_WAIT_and_LAST_ACK() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sends("ACK seq=1 ack=102");
            assertThat(tcp.state()).isEqualTo("CLOSE_WAIT");
            assertThat(tcp.readiness() & TcpConnection.READABLE).isNotZero();
            assertThat(tcp.connection().isInputShutdown()).isTrue();
            tcp.closes();
            tcp.sends("FIN-ACK seq=1 ack=102");
            assertThat(tcp.state()).isEqualTo("LAST_ACK");
            tcp.receives("ACK seq=102 ack=2");
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(tcp.stack.timeWait.size()).isZero();
            tcp.sendsNothing();
        }
    }

    @Test // RFC 9293 §3.6, figure 13
    void both_sides_may_close_at_once() {
        try (var tcp = TcpScript.established()) {
            tcp.closes();
            tcp.sends("FIN-ACK seq=1 ack=101");
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sends("ACK seq=2 ack=102");
            assertThat(tcp.state()).isEqualTo("CLOSING");
            tcp.receives("ACK seq=102 ack=2");
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.stack.timeWait.size()).isOne();
        }
    }

    @Test
    void after_our_FIN_the_remote_may_go_on_sending() {
        try (var tcp = TcpScript.established()) {
            tcp.shutsDown();
            tcp.sends("FIN-ACK");
            tcp.receives("ACK seq=101 ack=2 len=1000");
            tcp.sends("ACK seq=2 ack=1101");
            assertThat(tcp.reads()).isEqualTo(1000);
            tcp.receives("FIN-ACK seq=1101 ack=2 len=5");
            assertThat(tcp.reads()).isEqualTo(5);
            assertThat(tcp.connection().isInputShutdown()).isTrue();
        }
    }

    @Test
    void after_the_remotes_FIN_we_may_go_on_sending() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sends("ACK ack=102");
            tcp.writes(500);
            tcp.sends("ACK seq=1 ack=102 len=500");
            tcp.shutsDown();
            tcp.sends("FIN-ACK seq=501");
            tcp.receives("ACK seq=102 ack=502");
            assertThat(tcp.state()).isEqualTo("CLOSED");
        }
    }

    @Test
    void the_end_shows_only_after_everything_was_read() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1 len=600");
            assertThat(tcp.connection().isInputShutdown()).isFalse();
            assertThat(tcp.connection().readableBytes()).isEqualTo(600);
            tcp.readiness();
            assertThat(tcp.reads()).isEqualTo(600);
            assertThat(tcp.connection().isInputShutdown()).isTrue();
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.READABLE);
        }
    }

    @Test
    void a_FIN_beyond_a_gap_waits_for_the_gap() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=201 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=201-301");
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.sends("ACK ack=302");
            assertThat(tcp.state()).isEqualTo("CLOSE_WAIT");
            assertThat(tcp.reads()).isEqualTo(200);
        }
    }

    @Test
    void the_FIN_rides_on_the_last_data_and_is_repeated_with_it() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            tcp.sends("PSH-ACK seq=1 len=10");
            tcp.receives("ACK seq=101 ack=11 win=0");
            tcp.writes(20);
            tcp.shutsDown();
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=11 win=5000");
            tcp.sends("FIN-PSH-ACK seq=11 len=20");
            tcp.after(400);
            tcp.sends("FIN-PSH-ACK seq=11 len=20");
        }
    }

    @Test
    void a_repeated_FIN_is_acknowledged_again() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sends("ACK ack=102");
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sends("ACK ack=102");
        }
    }

    @Test // RFC 2525 §2.17
    void closing_with_unread_data_resets() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("ACK ack=111");
            tcp.closes();
            tcp.sends("RST-ACK seq=1 ack=111");
            tcp.sendsNothing();
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test // RFC 2525 §2.17
    void data_that_arrives_after_close_resets() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            tcp.closes();
            tcp.sends("PSH-ACK seq=1 len=10");
            tcp.sends("FIN-ACK seq=11");
            tcp.receives("ACK seq=101 ack=12 len=10");
            tcp.sends("RST-ACK seq=12");
            assertThat(tcp.state()).isEqualTo("CLOSED");
        }
    }

    @Test
    void an_old_duplicate_after_close_does_not_reset() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("ACK ack=111");
            tcp.reads();
            tcp.closes();
            tcp.sends("FIN-ACK seq=1");
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("ACK seq=2 ack=111");
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_1");
        }
    }

    @Test
    void abort_sends_RST_and_releases_everything() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100_000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=301 ack=1 len=10");
            tcp.ignoreSent();
            tcp.aborts();
            tcp.sends("RST-ACK win=0 ack=101 sack=none");
            tcp.sendsNothing();
            assertThat(tcp.allocator.metric().usedHeapMemory()).isZero();
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("RST seq=1");
        }
    }

    @Test // RFC 9293 §3.10.5
    void abort_before_the_handshake_sends_nothing() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN");
            tcp.aborts();
            tcp.sendsNothing();
            assertThat(tcp.stack.connectionCount()).isZero();
        }
    }

    @Test
    void close_before_the_handshake_ends_it() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.closes();
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CLOSED);
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test
    void close_of_a_SYN_that_was_accepted_but_not_completed_goes_on_to_FIN() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK");
            tcp.closes();
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1");
            tcp.sends("FIN-ACK seq=1 ack=101");
        }
    }

    @Test
    void writing_after_the_end_of_output_is_a_mistake_of_the_caller() {
        try (var tcp = TcpScript.established()) {
            tcp.shutsDown();
            tcp.shutsDown();
            tcp.sends("FIN-ACK");
            tcp.sendsNothing();
            assertThat(tcp.connection().writableBytes()).isZero();
            assertThatThrownBy(() -> tcp.tryWrite(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void writing_after_a_reset_takes_nothing() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("RST seq=101");
            assertThat(tcp.tryWrite(10)).isZero();
        }
    }

    @Test
    void FIN_WAIT_2_without_an_application_ends_after_a_minute() {
        try (var tcp = TcpScript.established()) {
            tcp.closes();
            tcp.sends("FIN-ACK");
            tcp.receives("ACK seq=101 ack=2");
            tcp.after(59_999);
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_2");
            tcp.after(1);
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test
    void FIN_WAIT_2_with_an_application_lasts() {
        try (var tcp = TcpScript.established()) {
            tcp.shutsDown();
            tcp.receives("ACK seq=101 ack=2");
            tcp.after(3_600_000);
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_2");
            tcp.closes();
            tcp.after(60_000);
            assertThat(tcp.state()).isEqualTo("CLOSED");
        }
    }

    @Test
    void a_closed_connection_whose_remote_keeps_its_window_shut_does_not_live_for_ever() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            tcp.closes();
            for (int second = 0; second < 100; second++) {
                tcp.after(1000);
                tcp.receives("ACK seq=101 ack=1 win=0");
            }
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void what_arrived_before_a_reset_stays_readable_until_close() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 len=700");
            tcp.receives("RST seq=801");
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            assertThat(tcp.connection().isInputShutdown()).isFalse();
            ByteBuf bytes = tcp.connection().read(tcp.now);
            assertThat(bytes.readableBytes()).isEqualTo(700);
            bytes.release();
            assertThat(tcp.connection().read(tcp.now)).isNull();
        }
    }

    @Test
    void close_releases_what_a_reset_connection_still_held() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 len=700");
            tcp.receives("RST seq=801");
            tcp.closes();
            assertThat(tcp.allocator.metric().usedHeapMemory()).isZero();
        }
    }

    @Test
    void closing_the_stack_releases_what_nobody_read() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 len=700");
            tcp.receives("FIN-ACK seq=801 ack=1");
            tcp.shutsDown();
            tcp.receives("ACK seq=802 ack=2");
            assertThat(tcp.state()).isEqualTo("CLOSED");
            assertThat(tcp.allocator.metric().usedHeapMemory()).isPositive();
        }
    }

    @Test // RFC 9293 §3.10.7.4, eighth
    void TIME_WAIT_answers_a_repeated_FIN_and_begins_anew() {
        try (var tcp = timeWait("mss=1360")) {
            tcp.after(59_000);
            tcp.receives("FIN-ACK seq=101 ack=2");
            tcp.sends("ACK seq=2 ack=102");
            tcp.after(59_000);
            assertThat(tcp.stack.timeWait.size()).isOne();
            tcp.after(1000);
            assertThat(tcp.stack.timeWait.size()).isZero();
        }
    }

    @Test // RFC 1337 §4
    void TIME_WAIT_ignores_RST_and_bare_acknowledgements() {
        try (var tcp = timeWait("mss=1360")) {
            tcp.receives("RST seq=102");
            tcp.receives("ACK seq=102 ack=2");
            tcp.sendsNothing();
            assertThat(tcp.stack.timeWait.size()).isOne();
        }
    }

    @Test // RFC 6191 §2
    void TIME_WAIT_gives_way_to_a_newer_SYN() {
        try (var tcp = timeWait("mss=1360 ts=1000:0")) {
            int before = (int) tcp.connection().send.next();
            tcp.receives("SYN seq=50 ts=999:0 mss=1360");
            tcp.sends("ACK seq=2 ack=102");
            tcp.receives("SYN seq=50 ts=1002:0 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK ack=51");
            assertThat((int) tcp.connection().send.initial() - before).isGreaterThanOrEqualTo(1 << 17);
        }
    }

    @ParameterizedTest(name = "{0}: {1} replaces: {2}") // RFC 6191 §2, each of its cases
    @CsvSource({
        "ts=1000:0, seq=50 ts=1002:0,  true",
        "ts=1000:0, seq=103 ts=1001:0, true",
        "ts=1000:0, seq=102 ts=1001:0, false",
        "ts=1000:0, seq=50 ts=1001:0,  false",
        "ts=1000:0, seq=103 ts=1000:0, false",
        "ts=1000:0, seq=103,           true",
        "ts=1000:0, seq=102,           false",
        "'',        seq=50 ts=1:0,     true",
        "'',        seq=103,           true",
        "'',        seq=102,           false"
    })
    void a_SYN_replaces_TIME_WAIT_only_when_it_cannot_be_old(String before, String syn, boolean replaces) {
        try (var tcp = timeWait("mss=1360 " + before)) {
            tcp.receives("SYN " + syn);
            assertThat(tcp.stack.connectionCount()).isEqualTo(replaces ? 1 : 0);
            assertThat(tcp.stack.timeWait.size()).isEqualTo(replaces ? 0 : 1);
        }
    }

    @Test // RFC 9293 §3.6.1, without timestamps
    void TIME_WAIT_gives_way_to_a_SYN_with_a_higher_sequence_number() {
        try (var tcp = timeWait("mss=1360")) {
            tcp.receives("SYN seq=102 mss=1360");
            tcp.sends("ACK seq=2 ack=102");
            tcp.receives("SYN seq=103 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK ack=104");
        }
    }

    @Test // RFC 6191 §2
    void we_open_again_over_our_own_TIME_WAIT_when_timestamps_make_it_safe() {
        try (var tcp = timeWait("mss=1360 ts=1000:0")) {
            assertThatThrownBy(() -> tcp.connect(TcpOptions.DEFAULT)).hasMessageContaining("already has a connection");
            tcp.after(1000);
            tcp.connect(TcpOptions.DEFAULT);
            tcp.sends("SYN seq=0");
            assertThat(tcp.stack.timeWait.size()).isZero();
        }
    }

    private static TcpScript timeWait(String synOptions) {
        boolean ts = synOptions.contains("ts=");
        var tcp = TcpScript.established(TcpOptions.DEFAULT, synOptions);
        tcp.closes();
        tcp.sends("FIN-ACK seq=1");
        tcp.receives("FIN-ACK seq=101 ack=2" + (ts ? " ts=1001:" + tcp.ourTimestamp() : ""));
        tcp.sends("ACK seq=2 ack=102");
        assertThat(tcp.stack.timeWait.size()).isOne();
        return tcp;
    }
}
