package dev.sixgate.mesh.tcp;

/** Slow start and congestion avoidance of RFC 5681, counting bytes (RFC 3465), initial window of RFC 6928. */
final class NewReno implements CongestionControl {
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
    public long pacingRate() {
        return UNPACED;
    }

    @Override
    public void onSegmentSize(int bytes) {
        segment = bytes;
        window = window == 0 ? CongestionControl.initialWindow(bytes) : Math.max(window, bytes);
    }

    @Override
    public void onSynLost() {
        window = segment;
    }

    @Override
    public void onAck(AckSample sample) {
        // A window that was not used proves nothing about the path (RFC 7661 §4).
        if (!sample.isWindowLimited || sample.isRecovering && !sample.isAfterTimeout) return;
        if (window < threshold) {
            long limit = (sample.isAfterTimeout ? 1L : SLOW_START_SEGMENTS_PER_ACK) * segment;
            window = Math.min(window + Math.min(sample.deliveredBytes, limit), Math.max(threshold, window));
            return;
        }
        credit += sample.deliveredBytes;
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
    public void onSpurious(long nowNanos) {
        window = Math.max(window, windowBefore);
        threshold = Math.max(threshold, thresholdBefore);
    }

    @Override
    public void onRestart(boolean isLong, long nowNanos) {
        if (isLong) window = Math.min(window, CongestionControl.initialWindow(segment)); // RFC 5681 §4.1
    }

    private void remember() {
        windowBefore = window;
        thresholdBefore = threshold;
    }
}
