package dev.sixgate.mesh.tcp;

/** CUBIC (RFC 9438) with HyStart++ (RFC 9406), paced as long as a round trip holds more than a train. */
final class Cubic implements CongestionControl {
    /** §4.6, and C of §5, segments per second cubed. */
    private static final double BETA = 0.7;

    private static final double C = 0.4;
    /** §4.3: the increase that makes Reno as fast with this decrease. */
    private static final double RENO_ALPHA = 3 * (1 - BETA) / (1 + BETA);

    /** One acknowledgement may stand for a whole train. */
    private static final int SLOW_START_SEGMENTS_PER_ACK = 64;

    private static final long MIN_PACED_RTT_NANOS = 1_000_000;
    private static final double SLOW_START_GAIN = 2;
    private static final double AVOIDANCE_GAIN = 1.2;
    private static final long NO_EPOCH = Long.MIN_VALUE;

    private final RttEstimator rtt;
    private HyStart hyStart = new HyStart();
    private int segment;
    private double window;
    private double threshold = Double.MAX_VALUE;
    /** Windows in segments: where the last decrease came (§4.1), and what Reno would have. */
    private double maxWindow;

    private double renoWindow;
    private double epochWindow;
    private long epochAt = NO_EPOCH;
    private double inflectionSeconds;
    private long lastAckAt;

    private double windowBefore;
    private double thresholdBefore;
    private double maxWindowBefore;

    Cubic(RttEstimator rtt) {
        this.rtt = rtt;
    }

    @Override
    public long window() {
        return (long) window;
    }

    @Override
    public long slowStartThreshold() {
        return threshold == Double.MAX_VALUE ? Long.MAX_VALUE : (long) threshold;
    }

    @Override
    public long pacingRate() {
        long roundTrip = rtt.smoothedNanos();
        if (roundTrip < MIN_PACED_RTT_NANOS || window <= CongestionControl.initialWindow(segment)) return UNPACED;
        return (long) ((window < threshold ? SLOW_START_GAIN : AVOIDANCE_GAIN) * window * 1e9 / roundTrip);
    }

    @Override
    public void onSegmentSize(int bytes) {
        if (segment > 0) {
            double scale = (double) segment / bytes;
            maxWindow *= scale;
            renoWindow *= scale;
            epochWindow *= scale;
        }
        segment = bytes;
        window = window == 0 ? CongestionControl.initialWindow(bytes) : Math.max(window, bytes);
    }

    @Override
    public void onSynLost() {
        window = segment;
    }

    @Override
    public void onAck(AckSample sample) {
        long before = lastAckAt;
        lastAckAt = sample.nowNanos;
        if (!sample.isWindowLimited) {
            // §5.8: time in which the window was not what limited us is no time of probing.
            if (epochAt != NO_EPOCH) epochAt += sample.nowNanos - before;
            return;
        }
        if (sample.isRecovering && !sample.isAfterTimeout) return;
        if (window < threshold) slowStart(sample);
        else avoidCongestion(sample);
    }

    private void slowStart(AckSample sample) {
        double limit = (sample.isAfterTimeout ? 1.0 : SLOW_START_SEGMENTS_PER_ACK) * segment;
        double growth = Math.min(sample.deliveredBytes, limit);
        boolean isInitial = threshold == Double.MAX_VALUE;
        if (isInitial && hyStart.isConservative()) growth /= HyStart.CONSERVATIVE_DIVISOR;
        window = Math.min(window + growth, Math.max(threshold, window));
        if (isInitial && hyStart.onAck(sample)) threshold = window;
    }

    private void avoidCongestion(AckSample sample) {
        double segments = window / segment;
        if (epochAt == NO_EPOCH) beginEpoch(segments, sample.nowNanos);
        double acknowledged = (double) sample.deliveredBytes / segment;
        double seconds = (sample.nowNanos - epochAt) / 1e9;
        // §4.3: at least what Reno would have; at its alpha until the old maximum, at one beyond.
        renoWindow += (renoWindow >= maxWindow ? 1 : RENO_ALPHA) * acknowledged / segments;
        if (cubic(seconds) < renoWindow) {
            if (renoWindow > segments) window = renoWindow * segment;
            return;
        }
        // §4.4 and §4.5: towards where the curve is a round trip later, by half as much again at most.
        double target = Math.clamp(cubic(seconds + rtt.smoothedNanos() / 1e9), segments, 1.5 * segments);
        window += (target - segments) / segments * acknowledged * segment;
    }

    private void beginEpoch(double segments, long nowNanos) {
        epochAt = nowNanos;
        epochWindow = segments;
        renoWindow = segments;
        if (maxWindow < segments) maxWindow = segments;
        inflectionSeconds = StrictMath.cbrt((maxWindow - epochWindow) / C);
    }

    /** Figure 1 of §4.2. */
    private double cubic(double seconds) {
        double distance = seconds - inflectionSeconds;
        return C * distance * distance * distance + maxWindow;
    }

    @Override
    public void onLoss(long flight, long nowNanos) {
        remember();
        decrease(flight);
        window = threshold;
    }

    @Override
    public void onTimeout(long flight, boolean repeated, long nowNanos) {
        if (!repeated) {
            remember();
            decrease(flight);
        }
        window = segment; // §4.8
    }

    /** §4.6, and fast convergence §4.7. */
    private void decrease(long flight) {
        double segments = window / segment;
        maxWindow = segments < maxWindow ? segments * (1 + BETA) / 2 : segments;
        threshold = Math.max(Math.min(window, flight) * BETA, 2.0 * segment);
        epochAt = NO_EPOCH;
    }

    private void remember() {
        windowBefore = window;
        thresholdBefore = threshold;
        maxWindowBefore = maxWindow;
    }

    /** §4.9. */
    @Override
    public void onSpurious(long nowNanos) {
        window = Math.max(window, windowBefore);
        threshold = Math.max(threshold, thresholdBefore);
        maxWindow = Math.max(maxWindow, maxWindowBefore);
        epochAt = NO_EPOCH;
    }

    @Override
    public void onRestart(boolean isLong, long nowNanos) {
        if (epochAt != NO_EPOCH) epochAt += nowNanos - lastAckAt; // §5.8
        lastAckAt = nowNanos;
        if (!isLong) return;
        window = Math.min(window, CongestionControl.initialWindow(segment)); // RFC 5681 §4.1
        epochAt = NO_EPOCH;
        if (threshold == Double.MAX_VALUE) hyStart = new HyStart();
    }
}
