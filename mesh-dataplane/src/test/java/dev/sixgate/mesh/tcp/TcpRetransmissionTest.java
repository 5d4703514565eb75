package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketTimeoutException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 6298, RFC 5681, RFC 6582, RFC 6675, RFC 2018, RFC 3522. */
class TcpRetransmissionTest {
    private static final String RENO = "mss=1000";
    private static final String SACK = "mss=1000 sackOK";

    @Test
    void a_lost_segment_is_sent_again_after_the_timeout() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100);
            tcp.sends("ACK seq=1 len=100");
            tcp.after(199);
            tcp.sendsNothing();
            tcp.after(2);
            tcp.sends("ACK seq=1 len=100");
        }
    }

    @Test // RFC 6298 §5.5
    void the_timeout_doubles_each_time() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100);
            tcp.sends("ACK seq=1 len=100");
            for (int millis = 200; millis < 10_000; millis *= 2) {
                tcp.after(millis);
                tcp.sendsNothing();
                tcp.afterNanos(millis / 200); // the smoothed round trip is 1 ns
                tcp.sends("ACK seq=1 len=100");
            }
        }
    }

    @Test // RFC 6298 §5.3
    void new_acknowledgements_restart_the_timer() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            tcp.writes(2000);
            tcp.ignoreSent();
            tcp.after(150);
            tcp.receives("ACK seq=101 ack=1001");
            tcp.after(150);
            tcp.sendsNothing();
            assertThat(tcp.stack.nextTimeout()).isNotEqualTo(TcpStack.NEVER);
            tcp.receives("ACK seq=101 ack=2001");
            assertThat(tcp.stack.nextTimeout()).isEqualTo(TcpStack.NEVER);
        }
    }

    @Test // RFC 6298 §3, Karn
    void an_ambiguous_acknowledgement_gives_no_sample_and_keeps_the_backoff() {
        try (var tcp = TcpScript.established()) {
            long before = tcp.connection().statistics(tcp.now).smoothedRttNanos();
            tcp.writes(100);
            tcp.after(201);
            tcp.after(50);
            tcp.receives("ACK seq=101 ack=101");
            assertThat(tcp.connection().statistics(tcp.now).smoothedRttNanos()).isEqualTo(before);
            assertThat(tcp.connection().send.rtt.timeoutNanos()).isGreaterThan(400_000_000L);
        }
    }

    @Test // RFC 7323 §4.1: timestamps tell which transmission it was
    void with_timestamps_even_a_repeated_segment_gives_a_sample() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=1000:0")) {
            tcp.writes(100);
            tcp.after(250);
            int resentAt = tcp.ourTimestamp() - 50;
            tcp.receives("ACK seq=101 ack=101 ts=1001:" + (resentAt & 0xffff_ffffL));
            assertThat(tcp.connection().statistics(tcp.now).smoothedRttNanos()).isPositive();
            assertThat(tcp.connection().send.rtt.timeoutNanos()).isLessThan(400_000_000L);
        }
    }

    @Test // RFC 9293 §3.8.3, R2
    void after_a_hundred_seconds_without_progress_the_connection_fails() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100);
            tcp.after(99_000);
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            tcp.after(60_000);
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            assertThat(tcp.connection().failure()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test // RFC 5681 §3.2
    void the_third_duplicate_acknowledgement_resends_the_first_segment() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1");
            tcp.receives("ACK seq=101 ack=1");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1");
            tcp.sends("ACK seq=1 len=1000");
            tcp.sendsNothing();
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isEqualTo(7000); // RFC 9438 §4.6
            assertThat(tcp.connection().statistics(tcp.now).retransmittedSegments())
                    .isOne();
        }
    }

    @Test // RFC 3042
    void the_first_two_duplicates_let_new_segments_out() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            tcp.writes(20_000);
            assertThat(tcp.pendingSegments()).isEqualTo(10);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1");
            tcp.sends("ACK seq=10001 len=1000");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1");
            tcp.sends("ACK seq=11001 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 6582 §3.2 step 3
    void a_partial_acknowledgement_resends_the_next_hole() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            for (int i = 0; i < 3; i++) tcp.receives("ACK seq=101 ack=1");
            tcp.sends("ACK seq=1 len=1000");
            tcp.receives("ACK seq=101 ack=4001");
            tcp.sends("ACK seq=4001 len=1000");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=10001");
            assertThat(tcp.stack.nextTimeout()).isEqualTo(TcpStack.NEVER);
        }
    }

    @Test // RFC 6582 §3.2 step 2
    void duplicates_of_the_last_recovery_start_no_new_one() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            for (int i = 0; i < 3; i++) tcp.receives("ACK seq=101 ack=1");
            tcp.sends("ACK seq=1 len=1000");
            tcp.receives("ACK seq=101 ack=10001");
            tcp.writes(4000);
            tcp.ignoreSent();
            for (int i = 0; i < 4; i++) tcp.receives("ACK seq=101 ack=10001");
            assertThat(tcp.connection().statistics(tcp.now).retransmittedSegments())
                    .isOne();
        }
    }

    @Test // RFC 5681 §2: not with data, nor with a changed window, nor without data in flight
    void only_real_duplicates_count() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            for (int i = 0; i < 5; i++) tcp.receives("ACK seq=101 ack=1");
            tcp.writes(5000);
            tcp.ignoreSent();
            for (int i = 0; i < 5; i++) tcp.receives("ACK seq=101 ack=1 win=" + (60_000 + i));
            for (int i = 0; i < 5; i++) tcp.receives("ACK seq=" + (101 + i) + " ack=1 len=1");
            assertThat(tcp.connection().statistics(tcp.now).retransmittedSegments())
                    .isZero();
        }
    }

    @Test // RFC 6675 §4 IsLost, §5
    void SACK_finds_the_holes_and_only_they_are_sent_again() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, SACK)) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1 sack=1001-2001");
            tcp.receives("ACK seq=101 ack=1 sack=3001-4001,1001-2001");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1 sack=3001-10001,1001-2001");
            tcp.sends("ACK seq=1 len=1000");
            tcp.sends("ACK seq=2001 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 9937 §6.2: as much leaves as arrives while less than the threshold is in flight
    void recovery_sends_as_the_pipe_empties() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, SACK)) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            tcp.after(1);
            tcp.receives("ACK seq=101 ack=1 sack=4001-7001");
            tcp.sends("ACK seq=1 len=1000");
            tcp.sends("ACK seq=1001 len=1000");
            tcp.sends("ACK seq=2001 len=1000");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1 sack=4001-8001");
            tcp.sends("ACK seq=3001 len=1000");
            tcp.receives("ACK seq=101 ack=1 sack=4001-9001");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 2018 §5: a second loss of the same segment needs the timer
    void a_timeout_in_recovery_sends_everything_that_is_not_SACKed() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, SACK)) {
            tcp.writes(6000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1 sack=3001-6001");
            tcp.sends("ACK seq=1 len=1000");
            tcp.ignoreSent();
            tcp.after(201);
            tcp.sends("ACK seq=1 len=1000");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1001 sack=3001-6001");
            tcp.sends("ACK seq=1001 len=1000");
            tcp.sends("ACK seq=2001 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 2018 §8
    void a_remote_that_takes_SACKed_data_back_gets_it_again() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, SACK)) {
            tcp.writes(4000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1 sack=1001-2001");
            tcp.receives("ACK seq=101 ack=1001");
            tcp.ignoreSent();
            tcp.after(201);
            tcp.sends("ACK seq=1001 len=1000");
        }
    }

    @Test // RFC 2883 §4: D-SACK tells of bytes below the acknowledgement
    void D_SACK_blocks_are_no_loss_signal() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, SACK)) {
            tcp.writes(5000);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=2001");
            for (int i = 0; i < 5; i++) tcp.receives("ACK seq=101 ack=2001 sack=1-1001");
            tcp.sendsNothing();
        }
    }

    @Test
    void SACK_blocks_that_cannot_be_are_ignored() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, SACK)) {
            tcp.writes(5000);
            tcp.ignoreSent();
            for (String block : List.of("4001-9001", "3000-2000", "2000-2000", "0-1", "4001-2000000000"))
                tcp.receives("ACK seq=101 ack=1 sack=" + block);
            tcp.sendsNothing();
            assertThat(tcp.connection().send.retransmission.pipe()).isEqualTo(5000);
        }
    }

    @Test // RFC 3522: the echo is of the original
    void a_spurious_timeout_is_taken_back() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1012 sackOK ts=1000:0")) {
            tcp.writes(10_000);
            int sentAt = tcp.ourTimestamp();
            tcp.ignoreSent();
            int window = tcp.connection().statistics(tcp.now).congestionWindowBytes();
            tcp.after(12);
            tcp.sends("ACK seq=9001 len=1000"); // RFC 8985 §7.3
            tcp.after(202);
            tcp.sends("ACK seq=1 len=1000");
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isEqualTo(1000);
            tcp.receives("ACK seq=101 ack=2001 ts=1001:" + (sentAt & 0xffff_ffffL));
            tcp.sendsNothing();
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isGreaterThanOrEqualTo(window);
        }
    }

    @Test
    void a_real_timeout_is_not_taken_back() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1012 sackOK ts=1000:0")) {
            tcp.writes(10_000);
            tcp.after(12);
            tcp.after(202);
            int resentAt = tcp.ourTimestamp();
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1001 ts=1001:" + (resentAt & 0xffff_ffffL));
            tcp.sends("ACK seq=1001 len=1000");
            tcp.sends("ACK seq=2001 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test
    void a_path_that_works_again_is_used_at_once() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100);
            tcp.after(30_000);
            tcp.ignoreSent();
            tcp.stack.onPathRestored(TcpScript.LOCAL::equals, tcp.now);
            tcp.after(0);
            tcp.sendsNothing();
            tcp.stack.onPathRestored(TcpScript.REMOTE::equals, tcp.now);
            tcp.after(0);
            tcp.sends("ACK seq=1 len=100");
            tcp.receives("ACK seq=101 ack=101");
            tcp.stack.onPathRestored(TcpScript.REMOTE::equals, tcp.now);
            tcp.after(0);
            tcp.sendsNothing();
        }
    }

    @Test
    void a_path_that_works_again_is_used_at_once_for_a_SYN_too() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.after(3000);
            tcp.ignoreSent();
            tcp.stack.onPathRestored(TcpScript.REMOTE::equals, tcp.now);
            tcp.after(0);
            tcp.sends("SYN seq=0");
            tcp.after(1000);
            tcp.sends("SYN seq=0");
        }
    }

    @Test // RFC 6928
    void the_initial_window_is_ten_segments() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100_000);
            assertThat(tcp.pendingSegments()).isEqualTo(10);
        }
    }

    @Test // RFC 5681 §3.1
    void a_lost_SYN_leaves_one_segment_as_initial_window() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.after(1000);
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            tcp.writes(10_000);
            tcp.ignoreSent();
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isEqualTo(1360);
            assertThat(tcp.connection().send.rtt.timeoutNanos()).isEqualTo(3_000_000_000L); // RFC 6298 §5.7
        }
    }

    @Test // RFC 5681 §4.1
    void after_idling_the_window_is_the_initial_one_again() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, RENO)) {
            for (int acked = 0; acked < 40_000; acked += 10_000) {
                tcp.writes(10_000);
                tcp.receives("ACK seq=101 ack=" + (acked + 10_001));
            }
            tcp.ignoreSent();
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isGreaterThan(10_000);
            tcp.after(1000);
            tcp.writes(50_000);
            assertThat(tcp.pendingSegments()).isEqualTo(10);
        }
    }

    @Test
    void a_burst_has_equal_segments_but_for_the_last() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=1000:0 sackOK")) {
            tcp.writes(10_000);
            for (int i = 0; i < 7; i++) tcp.sends("ACK len=1348");
            tcp.sends("ACK len=564");
        }
    }

    @Test
    void many_small_writes_leave_as_full_segments() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(13_600);
            tcp.ignoreSent();
            for (int i = 0; i < 300; i++) tcp.writes(10);
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=13601");
            tcp.sends("ACK seq=13601 len=1360");
            tcp.sends("ACK seq=14961 len=1360");
            tcp.sends("ACK seq=16321 len=280");
        }
    }

    @Test // RFC 4821 §7.7: a path to 1280 bytes that says nothing
    void a_black_hole_for_large_segments_is_left_within_three_seconds() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(5000);
            tcp.ignoreSent();
            long begun = tcp.now;
            long length = 1360;
            while (length > 1220 && tcp.now - begun < 3_000_000_000L) {
                tcp.after(10);
                while (tcp.pendingSegments() > 0) {
                    SegmentText sent = tcp.takeNext();
                    if (sent.number("seq", 0) == 1) length = sent.number("len", 0);
                }
            }
            assertThat(length).isEqualTo(1220);
            tcp.receives("ACK seq=101 ack=1221");
            tcp.ignoreSent();
            assertThat(tcp.connection().statistics(tcp.now).mss()).isEqualTo(1220);
        }
    }
}
