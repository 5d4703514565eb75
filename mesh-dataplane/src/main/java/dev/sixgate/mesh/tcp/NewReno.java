package dev.sixgate.mesh.tcp;

/** Slow start and congestion avoidance of RFC 5681, counting bytes (RFC 3465), initial window of RFC 6928. */
final class NewReno implements CongestionControl {
    private static final int INITIAL_SEGMENTS = 10;
    private static final int INITIAL_BYTES = 14_600;
    /** One acknowledgement may stand for a whole train; RFC 3465's limit of two would then stop slow start. */
    private static final int SLOW_START_SEGMENTS_PER_ACK = 64;

    private int segment;
    private long window;
    private long threshold = Long.MAX_VALUE;
    private long credit;
    private long windowBefore;
    private long thresholdBefore;

    @Override
    public long window() {
        return window;
    }

    @Override
    public long slowStartThreshold() {
        return threshold;
    }

    @Override
    public void onSegmentSize(int bytes) {
        segment = bytes;
        window = window == 0 ? initialWindow() : Math.max(window, bytes);
    }

    @Override
    public void onSynLost() {
        window = segment;
    }

    @Override
    public void onAck(long acknowledged, long flight, boolean afterTimeout, long nowNanos) {
        boolean slowStart = window < threshold;
        // A window that was not used proves nothing about the path (RFC 7661 §4).
        if (flight + segment < (slowStart ? window / 2 : window)) return;
        if (slowStart) {
            long limit = (afterTimeout ? 1L : SLOW_START_SEGMENTS_PER_ACK) * segment;
            window = Math.min(window + Math.min(acknowledged, limit), Math.max(threshold, window));
            return;
        }
        credit += acknowledged;
        if (credit < window) return;
        credit -= window;
        window += segment;
    }

    @Override
    public void onLoss(long flight, long nowNanos) {
        remember();
        threshold = Math.max(flight / 2, 2L * segment);
        window = threshold;
        credit = 0;
    }

    @Override
    public void onTimeout(long flight, boolean repeated, long nowNanos) {
        if (!repeated) {
            remember();
            threshold = Math.max(flight / 2, 2L * segment);
        }
        window = segment;
        credit = 0;
    }

    @Override
    public void onSpurious() {
        window = Math.max(window, windowBefore);
        threshold = Math.max(threshold, thresholdBefore);
    }

    @Override
    public void onIdle() {
        window = Math.min(window, initialWindow());
    }

    private void remember() {
        windowBefore = window;
        thresholdBefore = threshold;
    }

    private long initialWindow() {
        return Math.min((long) INITIAL_SEGMENTS * segment, Math.max(2L * segment, INITIAL_BYTES));
    }
}
