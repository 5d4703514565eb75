package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When we acknowledge, and what SACK says: RFC 5681 §4.2, RFC 9293 §3.8.6.3, RFC 2018 §4, RFC 2883, RFC 7323. */
class TcpAcknowledgementTest {
    /** A connection that is past its first segments, which are acknowledged at once; next expected: 117. */
    private static TcpScript settled(String synOptions) {
        var tcp = TcpScript.established(TcpOptions.DEFAULT, synOptions);
        for (int i = 0; i < 16; i++) {
            tcp.receives("ACK seq=" + (101 + i) + " ack=1 len=1");
            tcp.sends("ACK ack=" + (102 + i));
        }
        return tcp;
    }

    @Test
    void the_first_segments_are_acknowledged_at_once() {
        settled("mss=1360").close();
    }

    @Test // RFC 5681 §4.2: within 500 ms, and for every second full-sized segment
    void later_ones_wait_for_the_timer_or_a_second_full_segment() {
        try (var tcp = settled("mss=1360")) {
            tcp.receives("ACK seq=117 ack=1 len=1360");
            tcp.sendsNothing();
            tcp.after(39);
            tcp.sendsNothing();
            tcp.after(1);
            tcp.sends("ACK ack=1477 len=0");
            tcp.receives("ACK seq=1477 ack=1 len=1360");
            tcp.receives("ACK seq=2837 ack=1 len=1360");
            tcp.sends("ACK ack=4197");
            tcp.after(100);
            tcp.sendsNothing();
        }
    }

    @Test
    void an_answer_carries_the_acknowledgement() {
        try (var tcp = settled("mss=1360")) {
            tcp.receives("ACK seq=117 ack=1 len=100");
            tcp.writes(50);
            tcp.sends("ACK seq=1 ack=217 len=50");
            tcp.receives("ACK seq=217 ack=51");
            tcp.after(500);
            tcp.sendsNothing();
        }
    }

    @Test
    void a_batch_of_segments_is_acknowledged_once() {
        try (var tcp = TcpScript.established()) {
            tcp.receivesTogether(
                    "ACK seq=101 ack=1 len=1000", "ACK seq=1101 ack=1 len=1000", "ACK seq=2101 ack=1 len=1000");
            tcp.sends("ACK ack=3101");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 5681 §4.2, RFC 2018 §4: the first block is what came last
    void a_gap_is_told_at_once_latest_block_first() {
        try (var tcp = settled("mss=1360 sackOK")) {
            tcp.receives("ACK seq=217 ack=1 len=100");
            tcp.sends("ACK ack=117 sack=217-317");
            tcp.receives("ACK seq=417 ack=1 len=100");
            tcp.sends("ACK ack=117 sack=417-517,217-317");
            tcp.receives("ACK seq=617 ack=1 len=100");
            tcp.sends("ACK ack=117 sack=617-717,417-517,217-317");
            tcp.receives("ACK seq=317 ack=1 len=100");
            tcp.sends("ACK ack=117 sack=217-517,617-717");
            tcp.receives("ACK seq=117 ack=1 len=100");
            tcp.sends("ACK ack=517 sack=617-717");
            tcp.receives("ACK seq=517 ack=1 len=100");
            tcp.sends("ACK ack=717 sack=none");
            tcp.read = 0;
            assertThat(tcp.reads()).isEqualTo(616);
        }
    }

    @ParameterizedTest // RFC 2018 §3: 4 blocks fit, 3 beside timestamps
    @CsvSource({"'', 4", "ts=1000:0, 3"})
    void as_many_blocks_as_fit_are_sent(String option, int blocks) {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 sackOK " + option)) {
            String ts = option.isEmpty() ? "" : " ts=1001:" + (tcp.ourTimestamp() & 0xffff_ffffL);
            for (int i = 1; i <= 6; i++) tcp.receives("ACK seq=" + (101 + 200 * i) + " ack=1 len=100" + ts);
            SegmentText last = null;
            while (tcp.pendingSegments() > 0) last = tcp.takeNext();
            assertThat(last.fields().get("sack").split(",")).hasSize(blocks);
            assertThat(last.fields().get("sack")).startsWith("1301-1401,1101-1201,901-1001");
        }
    }

    @Test
    void without_permission_no_SACK_is_sent() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360")) {
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.sends("ACK ack=101 sack=none");
        }
    }

    @Test // RFC 2883 §4.1 and §4.2
    void bytes_that_come_twice_are_told_by_D_SACK_once() {
        try (var tcp = TcpScript.established()) {
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

    @Test
    void overlapping_segments_give_each_byte_once() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=151 ack=1 len=100");
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.receives("ACK seq=131 ack=1 len=400");
            tcp.receives("ACK seq=141 ack=1 len=10");
            tcp.receives("ACK seq=101 ack=1 len=60");
            assertThat(tcp.reads()).isEqualTo(430);
        }
    }

    @Test // RFC 9293 §3.10.7.4: the first copy stands
    void a_repetition_with_other_bytes_does_not_change_what_is_held() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=201 ack=1 len=100");
            tcp.receives("ACK seq=201 ack=1 len=100 at=999");
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.receives("ACK seq=101 ack=1 len=100 at=999");
            assertThat(tcp.reads()).isEqualTo(200);
        }
    }

    @Test
    void the_number_of_pieces_out_of_order_is_bounded() {
        var options = new TcpOptions(
                4096, 1 << 16, TcpOptions.DEFAULT.connectTimeout(), TcpOptions.DEFAULT.keepalive(), true);
        try (var tcp = TcpScript.established(options, "mss=1360 sackOK")) {
            for (int i = 0; i < 1000; i++) tcp.receives("ACK seq=" + (103 + 2 * i) + " ack=1 len=1");
            tcp.ignoreSent();
            assertThat(tcp.allocator.metric().usedHeapMemory()).isBetween(1L, 128L);
            tcp.receives("ACK seq=101 ack=1 len=1000");
            tcp.receives("ACK seq=1101 ack=1 len=1000");
            assertThat(tcp.reads()).isEqualTo(2000);
        }
    }

    @Test // RFC 7323 §5.3 R1
    void a_segment_with_an_old_timestamp_is_dropped_and_acknowledged() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=1000:0")) {
            tcp.receives("ACK seq=101 ack=1 len=10 ts=1005:0");
            tcp.sends("ACK ack=111 echo=1005");
            tcp.receives("ACK seq=111 ack=1 len=10 ts=1004:0");
            tcp.sends("ACK ack=111 echo=1005");
            assertThat(tcp.connection().readableBytes()).isEqualTo(10);
            tcp.receives("ACK seq=111 ack=1 len=10 ts=1005:0");
            assertThat(tcp.reads()).isEqualTo(20);
        }
    }

    @Test // RFC 7323 §5.2: the clock wraps
    void timestamps_compare_around_the_wrap() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=4294967295:0")) {
            tcp.stack.onTimeout(tcp.now);
            tcp.receives("ACK seq=101 ack=1 len=10 ts=3:0");
            assertThat(tcp.connection().readableBytes()).isZero(); // established() sent 1000: newer by 1001
            tcp.receives("ACK seq=101 ack=1 len=10 ts=1001:0");
            assertThat(tcp.connection().readableBytes()).isEqualTo(10);
        }
    }

    @Test // RFC 7323 §5.3: not for resets
    void a_RST_is_heard_whatever_its_timestamp() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=1000:0")) {
            tcp.receives("RST seq=101 ts=1:0");
            assertThat(tcp.state()).isEqualTo("CLOSED");
        }
    }

    @Test // RFC 7323 §5.5
    void after_24_days_of_silence_an_old_timestamp_is_believed() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=1000:0")) {
            tcp.after(24L * 24 * 3600 * 1000);
            tcp.receives("ACK seq=101 ack=1 len=10 ts=5:0");
            assertThat(tcp.connection().readableBytes()).isEqualTo(10);
        }
    }

    @Test // RFC 7323 §3.2 says drop; google/gvisor#11536 shows who suffers
    void a_segment_without_the_timestamp_it_promised_is_taken() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 ts=1000:0")) {
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("ACK ack=111 echo=1000");
        }
    }

    @Test // RFC 7323 §4.3: the echo belongs to the segment that moved the left edge
    void a_segment_beyond_a_gap_does_not_change_the_echo() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 sackOK ts=1000:0")) {
            tcp.receives("ACK seq=201 ack=1 len=10 ts=1007:0");
            tcp.sends("ACK ack=101 echo=1000");
            tcp.receives("ACK seq=101 ack=1 len=100 ts=1009:0");
            tcp.sends("ACK ack=211 echo=1009");
        }
    }

    @Test
    void sequence_numbers_wrap() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=4294967000 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK ack=4294967001");
            tcp.receives("ACK seq=4294967001 ack=1");
            tcp.receives("ACK seq=4294967001 ack=1 len=290");
            tcp.sends("ACK ack=4294967291");
            tcp.receives("ACK seq=15 ack=1 len=10");
            tcp.sends("ACK ack=4294967291");
            tcp.receives("ACK seq=4294967291 ack=1 len=20");
            tcp.sends("ACK ack=25");
            assertThat(tcp.connection().readableBytes()).isEqualTo(320);
        }
    }
}
