package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.ReplayedTcp.Stack;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Scripts of data, windows and repair, as {@link HandshakeReplayTest} has those of opening. */
class TransferReplayTest {
    @ParameterizedTest
    @EnumSource
    void the_first_segments_are_acknowledged_at_once(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            for (int i = 0; i < 8; i++) {
                tcp.receives("ACK seq=" + (101 + i) + " ack=1 len=1");
                tcp.sends("ACK seq=1 len=0 ack=" + (102 + i));
            }
            tcp.reads(8);
        }
    }

    @ParameterizedTest // RFC 9293 §3.8.6.3
    @EnumSource
    void an_answer_carries_the_acknowledgement(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.ignoreSent();
            tcp.writes(50);
            tcp.sends("PSH-ACK seq=1 ack=201 len=50");
            tcp.receives("ACK seq=201 ack=51");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 5681 §4.2, RFC 2018 §4: the first block is what came last
    @EnumSource
    void a_gap_is_told_at_once_latest_block_first(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=201-301");
            tcp.receives("ACK seq=401 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=401-501,201-301");
            tcp.receives("ACK seq=601 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=601-701,401-501,201-301");
            tcp.receives("ACK seq=301 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=201-501,601-701");
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.sends("ACK ack=501 sack=601-701");
            tcp.receives("ACK seq=501 ack=1 len=100");
            tcp.sends("ACK ack=701 sack=none");
            tcp.reads(600);
        }
    }

    @ParameterizedTest(name = "{0}: SYN with {1}") // RFC 2018 §3: 4 blocks fit, 3 beside timestamps
    @CsvSource({"SIXGATE, '', 4", "LINUX, '', 4", "SIXGATE, ts=1000:0, 3", "LINUX, ts=1000:0, 3"})
    void as_many_blocks_as_fit_are_sent(Stack stack, String option, int blocks) throws Exception {
        try (var tcp = stack.established("mss=1360 sackOK " + option)) {
            String ts = option.isEmpty() ? "" : " ts=1001:$";
            for (int i = 1; i < 6; i++) {
                tcp.receives("ACK seq=" + (101 + 200 * i) + " ack=1 len=100" + ts);
                tcp.ignoreSent();
            }
            tcp.receives("ACK seq=1301 ack=1 len=100" + ts);
            assertThat(tcp.next("an ACK").fields().get("sack").split(","))
                    .hasSize(blocks)
                    .startsWith("1301-1401", "1101-1201", "901-1001");
        }
    }

    @ParameterizedTest
    @EnumSource
    void without_permission_no_SACK_is_sent(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360")) {
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=none");
        }
    }

    @ParameterizedTest // RFC 2883 §4.1 and §4.2
    @EnumSource
    void bytes_that_come_twice_are_told_by_D_SACK_once(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.sends("ACK ack=201");
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.sends("ACK ack=201 sack=101-201");
            tcp.receives("ACK seq=301 ack=1 len=100");
            tcp.sends("ACK ack=201 sack=301-401");
            tcp.receives("ACK seq=151 ack=1 len=50");
            tcp.sends("ACK ack=201 sack=151-201,301-401");
        }
    }

    @ParameterizedTest
    @EnumSource
    void overlapping_segments_give_each_byte_once(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=151 ack=1 len=100");
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.receives("ACK seq=131 ack=1 len=400");
            tcp.receives("ACK seq=141 ack=1 len=10");
            tcp.receives("ACK seq=101 ack=1 len=60");
            tcp.reads(430);
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4: the first copy stands
    @EnumSource
    void a_repetition_with_other_bytes_does_not_change_what_is_held(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.receives("ACK seq=201 ack=1 len=100 at=999");
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.receives("ACK seq=101 ack=1 len=100 at=999");
            tcp.reads(200);
        }
    }

    @ParameterizedTest // RFC 7323 §5.3 R1
    @EnumSource
    void a_segment_with_an_old_timestamp_is_dropped_and_acknowledged(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 ts=1000:0")) {
            tcp.receives("ACK seq=101 ack=1 len=10 ts=1005:$");
            tcp.sends("ACK ack=111 echo=1005");
            tcp.receives("ACK seq=111 ack=1 len=10 ts=1003:$"); // one tick back is not old to Linux
            tcp.sends("ACK ack=111 echo=1005");
            tcp.receives("ACK seq=111 ack=1 len=10 ts=1005:$");
            tcp.reads(20);
        }
    }

    @ParameterizedTest // RFC 7323 §5.3: not for resets
    @EnumSource
    void a_RST_is_heard_whatever_its_timestamp(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 ts=1000:0")) {
            tcp.receives("RST seq=101 ts=1:0");
            assertThat(tcp.isReset()).isTrue();
        }
    }

    @ParameterizedTest // RFC 7323 §3.2 says drop; neither does
    @EnumSource
    void a_segment_without_the_timestamp_it_promised_is_taken(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 ts=1000:0")) {
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("ACK ack=111 echo=1000");
        }
    }

    @ParameterizedTest // RFC 7323 §4.3: the echo belongs to the segment that moved the left edge
    @EnumSource
    void a_segment_beyond_a_gap_does_not_change_the_echo(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 sackOK ts=1000:0")) {
            tcp.receives("ACK seq=201 ack=1 len=10 ts=1007:$");
            tcp.sends("ACK ack=101 echo=1000");
            tcp.receives("ACK seq=101 ack=1 len=100 ts=1009:$");
            tcp.sends("ACK ack=211 echo=1009");
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_remotes_window_is_never_exceeded(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 win=2720")) {
            tcp.writes(10_000);
            tcp.sends("ACK seq=1 len=1360");
            tcp.sends("ACK seq=1361 len=1360");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=2721 win=1360");
            tcp.sends("ACK seq=2721 len=1360");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4: the same numbers with less window; Linux hears more, or none at all
    @EnumSource
    void a_window_that_shrinks_without_progress_counts_in_ours_only(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 win=5440")) {
            tcp.receives("ACK seq=101 ack=1 win=1360");
            tcp.writes(10_000);
            for (int i = 0; i < (tcp.isLinux() ? 4 : 1); i++) tcp.sends("ACK len=1360 seq=" + (1 + 1360 * i));
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.8.6.2.1 (4)
    @EnumSource
    void a_remainder_of_the_window_is_not_used_at_once(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 win=3400")) {
            tcp.writes(10_000);
            tcp.sends("ACK seq=1 len=1360");
            tcp.sends("ACK seq=1361 len=1360");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.8.6.2.1 (3) wants half of the largest window; Linux never sends more than that at
    // once
    @EnumSource
    void a_window_below_two_segments_is_halved_by_linux(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=1360 win=1700")) {
            tcp.writes(10_000);
            tcp.sends("ACK seq=1 len=" + (tcp.isLinux() ? 850 : 1360));
        }
    }

    @ParameterizedTest // RFC 9293 §3.8.6.1
    @EnumSource
    void a_closed_window_is_probed_until_it_opens(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            tcp.sendsNothing();
            tcp.sendsInTime("ACK seq=0 ack=101 len=0");
            tcp.receives("ACK seq=101 ack=1 win=500");
            tcp.sends("ACK seq=1 len=100");
        }
    }

    @ParameterizedTest // RFC 9293 §3.8.6.2.2
    @EnumSource
    void our_window_shuts_as_bytes_wait_and_opens_when_they_are_read(Stack stack) throws Exception {
        try (var tcp = stack.established()) { // no window scale: 65,535 at most
            int sequence = fill(tcp);
            tcp.reads(sequence - 101);
            SegmentText opened = tcp.next("a window update");
            assertThat(opened.number("ack", 0)).isEqualTo(sequence);
            assertThat(opened.number("win", 0)).isGreaterThanOrEqualTo(1360);
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4: answered, though not acceptable
    @EnumSource
    void a_probe_of_our_closed_window_is_answered(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            int sequence = fill(tcp);
            tcp.receives("ACK seq=" + (sequence - 1) + " ack=1 len=0");
            tcp.sends("ACK ack=" + sequence + " win=0");
            tcp.receives("ACK seq=" + sequence + " ack=1 len=1");
            tcp.sends("ACK ack=" + sequence + " win=0");
            tcp.reads(sequence - 101);
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4, fifth
    @EnumSource
    void acknowledgements_are_heard_while_our_window_is_closed(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.writes(500);
            tcp.sends("ACK seq=1 len=500");
            int sequence = fill(tcp);
            tcp.receives("ACK seq=" + sequence + " ack=501 len=0");
            tcp.writes(10);
            tcp.sends("ACK seq=501 len=10");
            tcp.await(50); // nothing is repeated
            assertThat(tcp.outbox).isEmpty();
        }
    }

    /** Sends whole segments, then the rest, until no window is left. */
    private static int fill(ReplayedTcp tcp) throws Exception {
        int sequence = 101;
        long window = 1360;
        for (int i = 0; i < 5000 && window > 0; i++) {
            int length = (int) Math.min(window, 1360);
            tcp.receives("ACK seq=" + sequence + " ack=1 len=" + length);
            sequence += length;
            SegmentText ack = null;
            for (tcp.await(100); !tcp.outbox.isEmpty(); ) ack = tcp.next("an ACK");
            if (ack != null) window = ack.number("ack", 0) + ack.number("win", 0) - sequence;
            else window -= length;
        }
        assertThat(window).as("the window shuts").isZero();
        return sequence;
    }

    @ParameterizedTest
    @CsvSource({"SIXGATE, 4", "SIXGATE, 16", "LINUX, 4"})
    void a_data_offset_outside_the_segment_is_dropped(Stack stack, int offset) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 len=5 offset=" + offset);
            if (offset < 5) tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1 len=5");
            tcp.reads(5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_wrong_checksum_is_dropped(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 len=5 badsum=1");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1 len=5");
            tcp.sends("ACK ack=106");
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "SIXGATE, 02000000", "LINUX, 02000000", "SIXGATE, 0101010f", "LINUX, 0101010f",
        "SIXGATE, 05ff0101", "LINUX, 05ff0101", "SIXGATE, fd04abcd", "LINUX, fd04abcd"
    })
    void options_unknown_or_of_impossible_shape_do_no_harm(Stack stack, String hex) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 len=5 options=" + hex);
            tcp.sends("ACK ack=106");
            tcp.reads(5);
        }
    }

    @ParameterizedTest // RFC 6093 §4: in line
    @EnumSource
    void urgent_data_is_read_in_line(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("URG-ACK seq=101 ack=1 len=10 urgent=5");
            tcp.sends("ACK ack=111");
            // Linux stops a read before the urgent mark, so that the mark can be asked for.
            if (tcp.isLinux()) {
                for (int i = 0; i < 10; ) i += ((ReplayedLinux) tcp).readsSome(10 - i);
            } else {
                tcp.reads(10);
            }
        }
    }

    @ParameterizedTest // RFC 6675 §5, RFC 8985 §6.2: three segments beyond the hole
    @EnumSource
    void a_hole_that_three_segments_have_passed_is_filled(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            sendsFive(tcp);
            tcp.receives("ACK seq=101 ack=1 sack=1361-2721");
            tcp.receives("ACK seq=101 ack=1 sack=1361-4081");
            tcp.receives("ACK seq=101 ack=1 sack=1361-5441");
            tcp.sendsAmongOthers("ACK seq=1 len=1360"); // a probe of the tail may come first
            tcp.receives("ACK seq=101 ack=6801");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 6675: what was selectively acknowledged is not sent again
    @EnumSource
    void only_what_is_missing_is_repeated(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            sendsFive(tcp);
            tcp.receives("ACK seq=101 ack=1361 sack=2721-4081");
            tcp.receives("ACK seq=101 ack=1361 sack=2721-5441");
            tcp.receives("ACK seq=101 ack=1361 sack=2721-6801");
            for (SegmentText sent = null; sent == null || sent.number("seq", 0) == 5441; ) {
                tcp.await(ReplayedTcp.TIMER_MILLIS);
                sent = tcp.next("the second segment, or a probe of the tail");
                assertThat(sent.number("seq", 0)).isIn(1361L, 5441L);
            }
            tcp.receives("ACK seq=101 ack=6801");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 8985 §7: the tail is probed; RFC 6298 §5.4: else the oldest is repeated
    @EnumSource
    void a_lost_tail_is_repeated_by_time(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.writes(100);
            tcp.sends("PSH-ACK seq=1 len=100");
            tcp.sendsInTime("ACK seq=1 len=100");
            tcp.receives("ACK seq=101 ack=101");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 5681 §3.1, RFC 6928: ten segments
    @EnumSource
    void the_first_window_is_of_ten_segments(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.writes(20 * 1360);
            for (int i = 0; i < 10; i++) tcp.sends("ACK len=1360 seq=" + (1 + 1360 * i));
            tcp.await(1);
            // Linux may take the very next millisecond to probe the tail with one more (RFC 8985 §7.3).
            assertThat(tcp.outbox).hasSizeLessThan(2);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=13601");
            tcp.sendsAmongOthers("ACK len=1360 seq=" + (1 + 1360 * 19));
        }
    }

    @ParameterizedTest // RFC 8201 §4 and §5.4
    @EnumSource
    void a_packet_too_big_is_sent_again_in_pieces_that_fit(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.writes(1360);
            tcp.sends("ACK seq=1 len=1360");
            tcp.isToldPacketTooBig(1280);
            tcp.sendsInTime("ACK seq=1 len=1220");
            tcp.receives("ACK seq=101 ack=1221");
            tcp.sendsInTime("ACK seq=1221 len=140");
            tcp.receives("ACK seq=101 ack=1361");
            tcp.writes(1360);
            tcp.sends("ACK seq=1361 len=1220");
        }
    }

    private static void sendsFive(ReplayedTcp tcp) throws Exception {
        tcp.writes(5 * 1360);
        for (int i = 0; i < 5; i++) tcp.sends("ACK len=1360 seq=" + (1 + 1360 * i));
    }
}
