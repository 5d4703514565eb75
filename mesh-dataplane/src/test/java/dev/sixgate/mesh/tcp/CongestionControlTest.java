package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5681, RFC 9438, RFC 9406, RFC 9937. */
class CongestionControlTest {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1000 * MILLI;

    @ParameterizedTest // RFC 6928 §2
    @CsvSource({"536, 5360", "1348, 13480", "1460, 14600", "8860, 17720"})
    void the_initial_window_is_ten_segments_but_not_many_big_ones(int segment, int window) {
        var reno = new NewReno();
        reno.onSegmentSize(segment);
        assertThat(reno.window()).isEqualTo(window);
    }

    @Test // RFC 5681 §3.1
    void slow_start_doubles_and_congestion_avoidance_adds_a_segment_per_round_trip() {
        var reno = new NewReno();
        reno.onSegmentSize(1000);
        reno.onAck(limited(10_000));
        assertThat(reno.window()).isEqualTo(20_000);
        reno.onLoss(20_000, 0);
        assertThat(reno.window()).isEqualTo(10_000);
        assertThat(reno.slowStartThreshold()).isEqualTo(10_000);
        for (int i = 0; i < 10; i++) reno.onAck(limited(1000));
        assertThat(reno.window()).isEqualTo(11_000);
    }

    @Test // RFC 5681 §3.1, equation 4, and §3.2 last paragraph
    void a_timeout_leaves_one_segment_and_halves_the_threshold_once() {
        var reno = new NewReno();
        reno.onSegmentSize(1000);
        reno.onTimeout(10_000, false, 0);
        assertThat(reno.window()).isEqualTo(1000);
        assertThat(reno.slowStartThreshold()).isEqualTo(5000);
        reno.onTimeout(1000, true, 0);
        assertThat(reno.slowStartThreshold()).isEqualTo(5000);
        reno.onAck(afterTimeout(4000));
        assertThat(reno.window()).isEqualTo(2000); // RFC 3465 §2.3: one segment per acknowledgement after a timeout
    }

    @Test // RFC 7661 §4
    void a_window_that_was_not_used_does_not_grow() {
        var reno = new NewReno();
        reno.onSegmentSize(1000);
        for (int i = 0; i < 100; i++) reno.onAck(new AckSample());
        assertThat(reno.window()).isEqualTo(10_000);
    }

    @Test
    void a_spurious_loss_gives_the_window_back() {
        var reno = new NewReno();
        reno.onSegmentSize(1000);
        reno.onTimeout(10_000, false, 0);
        reno.onSpurious(0);
        assertThat(reno.window()).isEqualTo(10_000);
        assertThat(reno.slowStartThreshold()).isEqualTo(Long.MAX_VALUE);
    }

    @Test // RFC 9438 §4.6 and §4.7
    void cubic_keeps_seven_tenths_and_gives_way_faster_when_it_lost_ground() {
        Cubic cubic = cubic(100);
        long before = cubic.window();
        cubic.onLoss(before, 0);
        assertThat(cubic.window()).isEqualTo((long) (before * 0.7));
        cubic.onLoss(cubic.window(), 0);
        assertThat(cubic.window()).isCloseTo((long) (before * 0.49), within(1L));
    }

    @Test // RFC 9438 §4.2: K = cbrt((Wmax - cwnd) / C) until the old maximum, flat there, and beyond
    void cubic_is_back_at_its_maximum_after_K_seconds_and_then_goes_beyond() {
        Cubic cubic = cubic(200, 100);
        double maximum = cubic.window() / 1000.0;
        cubic.onLoss(cubic.window(), 0);
        double seconds = Math.cbrt(maximum * 0.3 / 0.4);
        double atHalf = grow(cubic, 0, seconds / 2);
        double atK = grow(cubic, seconds / 2, seconds);
        double beyond = grow(cubic, seconds, 2 * seconds);
        assertThat(atHalf).isCloseTo(0.4 * Math.pow(-seconds / 2, 3) + maximum, within(maximum * 0.02));
        assertThat(atK).isCloseTo(maximum, within(maximum * 0.02));
        assertThat(beyond).isCloseTo(0.4 * Math.pow(seconds, 3) + maximum, within(maximum * 0.05));
    }

    @Test // RFC 9438 §4.3
    void cubic_is_no_slower_than_reno_where_windows_are_small() {
        Cubic cubic = cubic(20);
        cubic.onLoss(cubic.window(), 0);
        double before = cubic.window() / 1000.0;
        int roundTrips = 10;
        AckSample sample = limited(0);
        for (int i = 0; i < roundTrips; i++) {
            sample.nowNanos += MILLI; // far too short for the curve
            sample.deliveredBytes = cubic.window();
            cubic.onAck(sample);
        }
        double alpha = 3 * 0.3 / 1.7;
        assertThat(cubic.window() / 1000.0 - before).isCloseTo(alpha * roundTrips, within(0.5));
    }

    @Test // RFC 9438 §5.8
    void cubic_does_not_count_time_in_which_the_application_gave_too_little() {
        Cubic busy = cubic(200);
        Cubic idle = cubic(200);
        for (Cubic each : new Cubic[] {busy, idle}) {
            each.onLoss(each.window(), 0);
            grow(each, 0, 1);
        }
        AckSample unlimited = new AckSample();
        unlimited.nowNanos = 11 * SECOND;
        unlimited.deliveredBytes = 1000;
        idle.onAck(unlimited);
        assertThat(grow(idle, 11, 12)).isCloseTo(grow(busy, 1, 2), within(1.0));
    }

    @Test // RFC 9438 §4.9
    void cubic_takes_a_wrong_decrease_back() {
        Cubic cubic = cubic(100);
        long before = cubic.window();
        cubic.onLoss(before, 0);
        cubic.onSpurious(0);
        assertThat(cubic.window()).isEqualTo(before);
    }

    @Test // RFC 9406 §4.2
    void slow_start_ends_five_rounds_after_round_trips_grew() {
        var hyStart = new HyStart();
        assertThat(round(hyStart, 1, 40)).isFalse();
        assertThat(round(hyStart, 2, 42)).isFalse();
        assertThat(hyStart.isConservative()).as("less than an eighth more").isFalse();
        assertThat(round(hyStart, 3, 48)).isFalse();
        assertThat(hyStart.isConservative()).isTrue();
        for (int i = 4; i < 8; i++) assertThat(round(hyStart, i, 50)).isFalse();
        assertThat(round(hyStart, 8, 50)).isTrue();
    }

    @Test // RFC 9406 §4.2: the exit was spurious
    void slow_start_goes_on_when_round_trips_shrink_again() {
        var hyStart = new HyStart();
        round(hyStart, 1, 40);
        round(hyStart, 2, 50);
        assertThat(hyStart.isConservative()).isTrue();
        round(hyStart, 3, 40);
        assertThat(hyStart.isConservative()).isFalse();
    }

    @Test // RFC 9937 §6.2: in proportion above the threshold
    void rate_reduction_sends_what_arrives_times_the_decrease() {
        var reduction = new RateReduction();
        reduction.begin(20_000);
        long sent = 0;
        long inFlight = 19_000;
        for (int i = 0; i < 10; i++) {
            inFlight -= 1000;
            reduction.onAck(1000, inFlight, false, 14_000, 1000);
            while (inFlight + 1000 <= reduction.window()) {
                reduction.onSent(1000);
                inFlight += 1000;
                sent += 1000;
            }
        }
        assertThat(sent).isEqualTo(7000);
    }

    @Test // RFC 9937 §6.2: with heavy loss it builds up to the threshold again, one more than arrives when that is safe
    void rate_reduction_fills_up_to_the_threshold_after_heavy_loss() {
        var reduction = new RateReduction();
        reduction.begin(20_000);
        reduction.onSent(1000);
        reduction.onAck(1000, 4000, false, 10_000, 1000);
        assertThat(reduction.window()).isEqualTo(5000);
        reduction.onAck(1000, 4000, true, 10_000, 1000);
        assertThat(reduction.window()).isEqualTo(6000);
        reduction.onAck(9000, 9500, true, 10_000, 1000);
        assertThat(reduction.window()).isEqualTo(10_000);
    }

    /** In congestion avoidance from the next loss on, with a window of that many segments of 1000 bytes. */
    private static Cubic cubic(int segments) {
        return cubic(segments, 1);
    }

    private static Cubic cubic(int segments, int rttMillis) {
        var rtt = new RttEstimator();
        rtt.sample(rttMillis * MILLI);
        var cubic = new Cubic(rtt);
        cubic.onSegmentSize(1000);
        while (cubic.window() < segments * 1000L) cubic.onAck(limited((int) (segments * 1000L - cubic.window())));
        return cubic;
    }

    /** Acknowledges 2,000 segments a second. @return the window in segments */
    private static double grow(Cubic cubic, double fromSeconds, double toSeconds) {
        AckSample sample = limited(10_000);
        for (double at = fromSeconds; at < toSeconds; at += 0.005) {
            sample.nowNanos = (long) (at * SECOND);
            cubic.onAck(sample);
        }
        return cubic.window() / 1000.0;
    }

    private static boolean round(HyStart hyStart, int number, int millis) {
        var sample = new AckSample();
        boolean isOver = false;
        for (int i = 0; i < 10; i++) {
            sample.unacked = number * 100L + i;
            sample.next = (number + 1) * 100L - 1;
            sample.rttNanos = millis * MILLI;
            isOver |= hyStart.onAck(sample);
        }
        return isOver;
    }

    private static AckSample limited(int bytes) {
        var sample = new AckSample();
        sample.deliveredBytes = bytes;
        sample.isWindowLimited = true;
        return sample;
    }

    private static AckSample afterTimeout(int bytes) {
        AckSample sample = limited(bytes);
        sample.isRecovering = true;
        sample.isAfterTimeout = true;
        return sample;
    }
}
