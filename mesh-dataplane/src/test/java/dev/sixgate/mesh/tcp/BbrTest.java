package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** draft-ietf-ccwg-bbr over a path of 1 MB/s and 50 ms, acknowledgement by acknowledgement. */
class BbrTest {
    private static final long MILLI = 1_000_000;
    private static final int SEGMENT = 1000;
    private static final long RATE = 1_000_000;
    private static final long RTT_MILLIS = 50;
    private static final long PATH_BYTES = RATE * RTT_MILLIS / 1000;

    private final RttEstimator rtt = new RttEstimator();
    private final Bbr bbr = new Bbr(rtt, 7);
    private final AckSample sample = new AckSample();
    private long delivered;
    private int queueMillis;

    BbrTest() {
        rtt.sample(RTT_MILLIS * MILLI);
        bbr.onSegmentSize(SEGMENT);
    }

    /** One segment each millisecond; what is in flight is the window, at most the path's. */
    private void run(int millis, double loss) {
        double lost = 0;
        for (int i = 0; i < millis; i++) {
            sample.nowNanos += MILLI;
            sample.deliveredBytes = SEGMENT;
            delivered += SEGMENT;
            lost += loss;
            sample.lostBytes = lost >= 1 ? SEGMENT : 0;
            if (lost >= 1) lost--;
            sample.delivered = delivered;
            sample.priorDelivered = Math.max(0, delivered - PATH_BYTES);
            sample.inFlight = Math.min(bbr.window(), PATH_BYTES);
            sample.priorInFlight = sample.inFlight;
            sample.sentInFlight = sample.inFlight;
            sample.lostSinceSent = (long) (loss * sample.sentInFlight);
            sample.isWindowLimited = true;
            sample.isRecovering = sample.lostBytes > 0;
            sample.rttNanos = (RTT_MILLIS + queueMillis) * MILLI;
            sample.deliveryRate = RATE;
            bbr.onAck(sample);
        }
    }

    @Test // §5.6.2
    void it_begins_at_a_multiple_of_the_initial_window_per_round_trip() {
        double expected = 2.77 * bbr.window() * 1000 / RTT_MILLIS;
        assertThat((double) bbr.pacingRate()).isCloseTo(expected, within(1.0));
    }

    @Test // §5.3.1.2 and §5.3.2
    void startup_ends_when_the_rate_grows_no_more_and_the_queue_is_drained() {
        run(100, 0);
        assertThat(bbr.pacingRate()).as("probing").isGreaterThan(2 * RATE);
        run(300, 0);
        assertThat(bbr.pacingRate()).isBetween(RATE * 85 / 100, RATE);
        assertThat(bbr.window()).isBetween(PATH_BYTES, 2 * PATH_BYTES + 20 * SEGMENT);
    }

    @Test // §5.3.3: a quarter more, every two to three seconds or as often as Reno would
    void it_probes_for_more_again_and_again() {
        run(500, 0);
        int probes = 0;
        boolean isProbing = false;
        for (int i = 0; i < 10_000; i++) {
            run(1, 0);
            boolean isFaster = bbr.pacingRate() > RATE * 11 / 10;
            if (isFaster && !isProbing) probes++;
            isProbing = isFaster;
        }
        assertThat(probes).isBetween(3, 10);
    }

    @Test // §5.3.4
    void at_least_every_few_seconds_it_looks_for_the_round_trip_of_an_empty_path() {
        run(500, 0);
        queueMillis = 1;
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 6000; i++) {
            run(1, 0);
            least = Math.min(least, bbr.window());
        }
        assertThat(least).isLessThanOrEqualTo(PATH_BYTES);
    }

    @Test // §5.5.10.2: up to two in a hundred
    void one_percent_of_loss_costs_next_to_no_rate() {
        run(5000, 0.01);
        assertThat(bbr.pacingRate()).isGreaterThan(RATE * 85 / 100);
        assertThat(bbr.window()).isGreaterThanOrEqualTo(PATH_BYTES * 8 / 10);
    }

    @Test
    void a_timeout_leaves_a_segment_and_its_end_gives_the_window_back() {
        run(500, 0);
        long before = bbr.window();
        bbr.onTimeout(PATH_BYTES, false, sample.nowNanos);
        assertThat(bbr.window()).isEqualTo(SEGMENT);
        bbr.onRecoveryEnd(sample.nowNanos);
        assertThat(bbr.window()).isEqualTo(before);
    }
}
