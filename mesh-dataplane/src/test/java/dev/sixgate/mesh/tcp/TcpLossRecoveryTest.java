package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** RFC 8985, RFC 5682, RFC 2883 with RFC 3708, and draft-cheng-iccrg-delivery-rate-estimation. */
class TcpLossRecoveryTest {
    private static final String SACK = "mss=1000 sackOK";

    /** With a round trip of 10 ms. */
    private static TcpScript established() {
        TcpScript tcp = TcpScript.listening();
        tcp.receives("SYN seq=100 " + SACK);
        tcp.accept();
        tcp.takeNext();
        tcp.after(10);
        tcp.receives("ACK seq=101 ack=1");
        return tcp;
    }

    private static int window(TcpScript tcp) {
        return tcp.connection().statistics(tcp.now).congestionWindowBytes();
    }

    @Test // RFC 8985 §6.2 step 5: what duplicate counting cannot see
    void a_lost_repetition_is_repeated_when_something_sent_later_arrives() {
        try (var tcp = established()) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1 sack=1001-10001");
            tcp.sends("ACK seq=1 len=1000");
            tcp.after(1);
            tcp.writes(1000);
            tcp.sends("ACK seq=10001 len=1000");
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1 sack=1001-11001");
            tcp.sends("ACK seq=1 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 8985 §6.2 step 4: fewer than three SACKed, so that a little time must pass
    void one_segment_that_overtook_is_no_loss_until_the_reordering_window_is_over() {
        try (var tcp = established()) {
            tcp.writes(3000);
            tcp.ignoreSent();
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1 sack=1001-2001");
            tcp.sendsNothing();
            tcp.after(3); // a quarter of the round trip
            tcp.sends("ACK seq=1 len=1000");
            tcp.sendsNothing();
        }
    }

    @Test // RFC 8985 §6.2 step 4
    void a_path_that_reorders_is_given_time_even_after_three_SACKed_segments() {
        try (var tcp = established()) {
            tcp.writes(4000);
            tcp.ignoreSent();
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1 sack=3001-4001");
            tcp.receives("ACK seq=101 ack=4001"); // the others were only late
            tcp.writes(5000);
            tcp.ignoreSent();
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=4001 sack=5001-8001");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=9001");
            tcp.after(100);
            tcp.sendsNothing();
        }
    }

    @Test // RFC 8985 §7.3
    void a_probe_after_two_round_trips_finds_a_lost_tail() {
        try (var tcp = established()) {
            tcp.writes(3000);
            tcp.ignoreSent();
            tcp.after(21);
            tcp.sends("ACK seq=2001 len=1000");
            tcp.sendsNothing();
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1 sack=2001-3001");
            tcp.after(3);
            tcp.sends("ACK seq=1 len=1000");
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1001 sack=2001-3001");
            tcp.sends("ACK seq=1001 len=1000");
        }
    }

    @Test // RFC 8985 §7.3: one segment beyond the window
    void a_probe_is_new_data_when_there_is_some() {
        try (var tcp = established()) {
            tcp.writes(20_000);
            assertThat(tcp.pendingSegments()).isEqualTo(10);
            tcp.ignoreSent();
            tcp.after(21);
            tcp.sends("ACK seq=10001 len=1000");
            tcp.after(150);
            tcp.sendsNothing();
        }
    }

    @Test // RFC 8985 §7.4.2: a loss repaired by its probe is still a loss
    void a_probe_that_repaired_a_loss_costs_window_and_one_that_did_not_costs_nothing() {
        try (var tcp = established()) {
            tcp.writes(10_000);
            tcp.after(21);
            int before = window(tcp);
            tcp.receives("ACK seq=101 ack=10001");
            tcp.receives("ACK seq=101 ack=10001 sack=9001-10001"); // both arrived
            assertThat(window(tcp)).isGreaterThanOrEqualTo(before);
            tcp.writes(10_000);
            tcp.after(60);
            before = window(tcp);
            tcp.writes(1000);
            tcp.receives("ACK seq=101 ack=21001");
            assertThat(window(tcp)).isLessThan(before);
        }
    }

    @Test // RFC 5682 §2.1
    void a_spurious_timeout_shows_by_what_its_first_two_acknowledgements_cover() {
        try (var tcp = established()) {
            tcp.writes(40_000);
            tcp.after(21);
            tcp.ignoreSent();
            int before = window(tcp);
            tcp.after(232);
            tcp.sends("ACK seq=1 len=1000");
            assertThat(window(tcp)).isEqualTo(1000);
            tcp.receives("ACK seq=101 ack=2001");
            tcp.sends("ACK seq=11001 len=1000"); // new data, not what was given up
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=4001");
            assertThat(window(tcp)).isGreaterThanOrEqualTo(before);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=10001");
            assertThat(tcp.connection().retransmittedSegments()).isOne();
        }
    }

    @Test // RFC 5682 §2.1 step 3a
    void a_real_timeout_goes_back_to_what_was_lost() {
        try (var tcp = established()) {
            tcp.writes(40_000);
            tcp.after(21);
            tcp.after(232);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=1001");
            tcp.ignoreSent(); // F-RTO's new data
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1001 sack=11001-12001");
            tcp.sends("ACK seq=1001 len=1000");
        }
    }

    @Test // RFC 2883 §4, RFC 3708 §3
    void a_report_that_all_repetitions_came_twice_gives_the_window_back() {
        try (var tcp = established()) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            int before = window(tcp);
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=1 sack=1001-4001");
            tcp.sends("ACK seq=1 len=1000");
            assertThat(window(tcp)).isLessThan(before);
            tcp.after(2);
            tcp.receives("ACK seq=101 ack=4001");
            assertThat(window(tcp)).isLessThan(before);
            tcp.receives("ACK seq=101 ack=4001 sack=1-1001");
            assertThat(window(tcp)).isGreaterThanOrEqualTo(before);
        }
    }

    @Test // RFC 2883 §4.1: a path that doubles packets proves nothing
    void a_report_of_a_segment_that_was_sent_once_changes_nothing() {
        try (var tcp = established()) {
            tcp.writes(10_000);
            tcp.ignoreSent();
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=5001");
            tcp.receives("ACK seq=101 ack=5001 sack=6001-9001");
            tcp.sends("ACK seq=5001 len=1000");
            int reduced = window(tcp);
            tcp.receives("ACK seq=101 ack=5001 sack=1-1001,6001-9001");
            assertThat(window(tcp)).isEqualTo(reduced);
        }
    }

    @Test // draft-cheng-iccrg-delivery-rate-estimation §3.3
    void the_delivery_rate_is_what_arrived_by_how_long_it_took() {
        try (var tcp = established()) {
            assertThat(tcp.connection().deliveryRate()).isEqualTo(-1);
            tcp.writes(20_000);
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=5001");
            tcp.after(10);
            tcp.receives("ACK seq=101 ack=10001");
            assertThat(tcp.connection().deliveryRate()).isEqualTo(500_000);
            assertThat(tcp.connection().minRttNanos()).isPositive();
        }
    }

    @Test
    void records_of_segments_survive_growth_splits_and_removal() {
        var segments = new SentSegments();
        for (int i = 0; i < 6; i++) segments.append(100 * i, 100 * i + 100, i);
        segments.removeBelow(250);
        assertThat(segments.start(0)).isEqualTo(250);
        for (int i = 6; i < 40; i++) segments.append(100 * i, 100 * i + 100, i);
        segments.markSacked(segments.find(1050));
        segments.markLost(segments.find(2000));
        segments.split(segments.find(2000), 2040);
        assertThat(segments.lostBytes()).isEqualTo(100);
        assertThat(segments.start(segments.find(2050))).isEqualTo(2040);
        segments.markLost(segments.find(2100));
        segments.extendLost(segments.find(2000), 150);
        assertThat(segments.end(segments.find(2000))).isEqualTo(2150);
        assertThat(segments.lostBytes()).isEqualTo(200);
        for (int i = 0; i < segments.count(); i++)
            assertThat(segments.sentAt(i)).isEqualTo(segments.start(i) / 100);
        segments.removeBelow(2120);
        assertThat(segments.sackedBytes()).isZero();
        assertThat(segments.lostBytes()).isEqualTo(80);
        segments.removeBelow(4000);
        assertThat(segments.count()).isZero();
        assertThat(segments.lostBytes()).isZero();
    }

    @Test
    void a_round_trip_across_a_sleep_of_this_machine_is_no_sample() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1000 sackOK ts=1000:0")) {
            tcp.writes(3000);
            tcp.ignoreSent();
            int beforeTheSleep = tcp.ourTimestamp();
            tcp.sleeps(Duration.ofMinutes(30));
            tcp.ignoreSent();
            tcp.after(50);
            tcp.receives("ACK seq=101 ack=3001 ts=1001:" + beforeTheSleep);
            tcp.writes(1000);
            tcp.ignoreSent();
            tcp.after(1000);
            assertThat(tcp.pendingSegments()).as("repetitions within a second").isPositive();
        }
    }
}
