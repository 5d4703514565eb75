package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9293 §3.8.6, RFC 7323 §2, Nagle. */
class TcpWindowTest {
    private static TcpOptions options(int sendBuffer, int receiveBuffer, boolean noDelay) {
        return new TcpOptions(sendBuffer, receiveBuffer, Duration.ofSeconds(10), Duration.ZERO, noDelay);
    }

    @Test // RFC 9293 §3.8.6.1
    void a_closed_window_is_probed_with_backoff_until_it_opens() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            tcp.sendsNothing();
            tcp.after(201);
            tcp.sends("ACK seq=0 ack=101 len=0");
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.after(399);
            tcp.sendsNothing();
            tcp.after(2);
            tcp.sends("ACK seq=0 ack=101 len=0");
            tcp.receives("ACK seq=101 ack=1 win=500");
            tcp.sends("ACK seq=1 len=100");
            assertThat(tcp.connection().statistics(tcp.now).zeroWindowNanos()).isEqualTo(602_000_000);
        }
    }

    @Test // RFC 9293 §3.8.6.1: as long as the remote answers
    void a_closed_window_may_last_for_hours() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            for (int minute = 0; minute < 120; minute++) {
                tcp.after(60_000);
                tcp.receives("ACK seq=101 ack=1 win=0");
            }
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test
    void a_closed_window_of_a_remote_that_fell_silent_ends_the_connection() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            tcp.after(200_000);
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test // RFC 9293 §3.8.3: R2 counts attempts; a machine that slept has not tried
    void an_hour_of_sleep_at_a_closed_window_is_survived() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            tcp.after(1000);
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.sleeps(Duration.ofHours(1));
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.sleeps(Duration.ofHours(1));
            tcp.after(60_000);
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            tcp.after(120_000);
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void an_hour_of_sleep_after_close_is_survived() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(1000);
            tcp.closes();
            tcp.after(10_000);
            tcp.sleeps(Duration.ofHours(1));
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_1");
            tcp.ignoreSent();
            tcp.receives("FIN-ACK seq=101 ack=1002");
            tcp.sends("ACK seq=1002 ack=102");
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test
    void a_closed_connection_is_given_up_after_a_hundred_seconds_without_progress() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(3000);
            tcp.receives("ACK seq=101 ack=1361 win=0");
            tcp.closes();
            for (int second = 0; second < 60; second++) {
                tcp.after(1000);
                tcp.receives("ACK seq=101 ack=1361 win=0");
            }
            tcp.receives("ACK seq=101 ack=2721 win=0");
            for (int second = 0; second < 99; second++) {
                tcp.after(1000);
                tcp.receives("ACK seq=101 ack=2721 win=0");
            }
            assertThat(tcp.state()).isEqualTo("FIN_WAIT_1");
            tcp.after(21_000);
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void the_remotes_window_is_never_exceeded() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=3000");
            tcp.writes(10_000);
            tcp.sends("ACK seq=1 len=1360");
            tcp.sends("ACK seq=1361 len=1360");
            tcp.sendsNothing(); // 280 left: silly
            tcp.receives("ACK seq=101 ack=2721 win=3000");
            tcp.sends("ACK seq=2721 len=1360");
        }
    }

    @Test // RFC 9293 §3.8.6.2.1 (4)
    void a_silly_window_is_used_after_the_override_timeout() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 win=100");
            tcp.writes(1000);
            tcp.sendsNothing();
            tcp.after(201);
            tcp.sends("ACK seq=1 len=100");
        }
    }

    @Test // RFC 9293 §3.8.6.2.1 (3)
    void half_of_the_largest_window_is_not_silly() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 mss=1360 win=400");
            tcp.accept();
            tcp.receives("ACK seq=101 ack=1 win=400");
            tcp.ignoreSent();
            tcp.writes(1000);
            tcp.sends("ACK seq=1 len=400");
            tcp.receives("ACK seq=101 ack=401 win=200");
            tcp.sends("ACK seq=401 len=200");
            tcp.receives("ACK seq=101 ack=601 win=199");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 9293 §3.8.6, MUST-34 and SHLD-17
    void a_window_taken_back_is_survived() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(5000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1361 win=100");
            tcp.sendsNothing();
            tcp.after(201);
            tcp.sends("ACK seq=1361 len=1360");
            tcp.receives("ACK seq=101 ack=5001 win=65535");
            tcp.writes(10);
            tcp.sends("ACK seq=5001 len=10");
        }
    }

    @Test // RFC 9293 §3.10.7.4: SND.WL1 and SND.WL2
    void an_old_segment_does_not_change_the_window() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 len=10 win=9000");
            tcp.receives("ACK seq=105 ack=1 len=1 win=5");
            assertThat(tcp.connection().send.window()).isEqualTo(9000);
        }
    }

    @Test // RFC 9293 §3.8.6.2.2
    void our_window_shuts_as_bytes_wait_and_opens_at_half_the_buffer() {
        try (var tcp = TcpScript.established(options(4096, 10_000, true), "mss=1000")) {
            for (int i = 0; i < 10; i++) tcp.receives("ACK seq=" + (101 + 1000 * i) + " ack=1 len=1000");
            for (int i = 1; i < 10; i++) tcp.sends("ACK win=" + (10_000 - 1000 * i));
            tcp.sends("ACK ack=10101 win=0");
            for (int i = 0; i < 4; i++) {
                tcp.connection().read(tcp.now).release();
                tcp.read += 1000;
                assertThat(tcp.stack.pollTransmitter()).isNull();
            }
            assertThat(tcp.reads()).isEqualTo(6000);
            tcp.sends("ACK seq=1 ack=10101 win=10000");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 9293 §3.10.7.4: answered, though not acceptable
    void a_probe_of_our_closed_window_is_answered() {
        try (var tcp = TcpScript.established(options(4096, 2000, true), "mss=1000")) {
            tcp.receivesTogether("ACK seq=101 ack=1 len=1000", "ACK seq=1101 ack=1 len=1000");
            tcp.sends("ACK ack=2101 win=0");
            tcp.receives("ACK seq=2101 ack=1 len=1");
            tcp.sends("ACK ack=2101 win=0");
            tcp.receives("ACK seq=2100 ack=1 len=0");
            tcp.sends("ACK ack=2101 win=0");
            assertThat(tcp.connection().readableBytes()).isEqualTo(2000);
        }
    }

    @Test
    void acknowledgements_are_heard_while_our_window_is_closed() {
        try (var tcp = TcpScript.established(options(4096, 1000, true), "mss=1000")) {
            tcp.writes(500);
            tcp.receives("ACK seq=101 ack=1 len=1000");
            tcp.receives("ACK seq=1101 ack=501 len=1000");
            assertThat(tcp.connection().send.flight()).isZero();
            assertThat(tcp.connection().readableBytes()).isEqualTo(1000);
        }
    }

    @Test
    void data_beyond_our_window_is_cut_off() {
        try (var tcp = TcpScript.established(options(4096, 1500, true), "mss=1360")) {
            tcp.receives("ACK seq=101 ack=1 len=1000");
            tcp.receives("FIN-ACK seq=1101 ack=1 len=1000");
            tcp.ignoreSent();
            assertThat(tcp.connection().readableBytes()).isEqualTo(1500);
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @ParameterizedTest // mesh.md: the right edge must never move back; RFC 7323 §2.4 tells how rounding could
    @ValueSource(ints = {1, 7, 100, 999, 1360})
    void our_right_edge_never_moves_back(int length) {
        try (var tcp = TcpScript.established(options(4096, 1 << 20, true), "mss=1360 ws=7")) {
            long edge = 0;
            for (long sequence = 101; sequence < 101 + 200L * length; sequence += length) {
                tcp.receives("ACK seq=" + sequence + " ack=1 len=" + length);
                while (tcp.pendingSegments() > 0) {
                    SegmentText ack = tcp.takeNext();
                    long offered = ack.number("ack", 0) + (ack.number("win", 0) << 5);
                    assertThat(offered).isGreaterThanOrEqualTo(edge);
                    edge = offered;
                }
            }
            assertThat(edge).isLessThanOrEqualTo(101 + (1 << 20) + (1 << 16) + 32);
        }
    }

    @Test
    void a_writer_is_told_when_there_is_room_again() {
        try (var tcp = TcpScript.established(options(10_000, 1 << 16, true), "mss=1000")) {
            assertThat(tcp.tryWrite(12_000)).isEqualTo(10_000);
            assertThat(tcp.connection().writableBytes()).isZero();
            tcp.readiness();
            tcp.receives("ACK seq=101 ack=4001");
            assertThat(tcp.readiness() & TcpConnection.WRITABLE).isZero();
            tcp.receives("ACK seq=101 ack=5001");
            assertThat(tcp.readiness() & TcpConnection.WRITABLE).isNotZero();
            tcp.receives("ACK seq=101 ack=6001");
            assertThat(tcp.readiness() & TcpConnection.WRITABLE).isZero();
            assertThat(tcp.connection().writableBytes()).isEqualTo(6000);
        }
    }

    @Test // RFC 9293 §3.7.4
    void Nagle_holds_a_small_segment_while_anything_is_unacknowledged() {
        try (var tcp = TcpScript.established(options(1 << 16, 1 << 16, false), "mss=1000")) {
            tcp.writes(10);
            tcp.sends("ACK seq=1 len=10");
            tcp.writes(10);
            tcp.writes(10);
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=11");
            tcp.sends("ACK seq=11 len=20");
            tcp.writes(1500);
            tcp.sends("ACK seq=31 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test
    void Nagle_does_not_hold_the_last_segment_before_FIN() {
        try (var tcp = TcpScript.established(options(1 << 16, 1 << 16, false), "mss=1000")) {
            tcp.writes(10);
            tcp.sends("ACK seq=1 len=10");
            tcp.writes(10);
            tcp.shutsDown();
            tcp.sends("FIN-PSH-ACK seq=11 len=10");
        }
    }

    @Test
    void without_Nagle_small_segments_leave_at_once() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(10);
            tcp.writes(10);
            tcp.sends("PSH-ACK seq=1 len=10");
            tcp.sends("PSH-ACK seq=11 len=10");
        }
    }

    @Test
    void an_idle_connection_holds_no_buffer() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100_000);
            tcp.receives("ACK seq=101 ack=1 len=1000");
            for (int ack = 1;
                    tcp.connection().send.flight() > 0;
                    ack = (int) (tcp.connection().send.next()
                            - tcp.connection().send.initial())) tcp.receives("ACK seq=1101 ack=" + ack);
            tcp.reads();
            tcp.ignoreSent();
            assertThat(tcp.allocator.metric().usedHeapMemory()).isZero();
        }
    }
}
