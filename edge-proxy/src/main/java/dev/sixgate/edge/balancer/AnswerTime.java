package dev.sixgate.edge.balancer;

/**
 * What one backend takes to answer, as a peak-sensitive moving average, and how often it answers well. A slower answer
 * counts in full at once and a faster one by and by; without use both go back to what is neutral within a few
 * {@link #WINDOW_NANOS}, so that a backend that was slow, or failed, is asked again. No probe is sent.
 *
 * <p>Failures count apart from time, because a backend that answers every request with an error at once would seem the
 * best of all. Guarded by the service's lock.
 */
final class AnswerTime {
    static final double WINDOW_NANOS = 10e9;
    /** Share that one outcome has in the average of outcomes. */
    private static final double OUTCOME_SHARE = 1 / 16.0;
    /** However often it fails, its cost is at most 1 / this². */
    private static final double LEAST_SUCCESS = 0.05;

    /** What a backend is thought to take that has only failed so far. */
    private static final long UNKNOWN_NANOS = 100_000_000L;

    private double nanos;
    private long nanosAt;
    private boolean known;
    private double success = 1;
    private long successAt;

    boolean known() {
        return known;
    }

    /** An answer, or at the first a connection's round trip. */
    void took(long waitedNanos, long nowNanos) {
        double fade = fade(nanosAt, nowNanos);
        nanos = !known || waitedNanos >= nanos ? waitedNanos : nanos * fade + waitedNanos * (1 - fade);
        nanosAt = nowNanos;
        known = true;
    }

    /** An answer that says that the backend failed: how fast it came is no merit. */
    void failedAfter(long waitedNanos, long nowNanos) {
        took(Math.max(waitedNanos, known ? (long) nanos : UNKNOWN_NANOS), nowNanos);
    }

    void ended(boolean well, long nowNanos) {
        success = success(nowNanos) * (1 - OUTCOME_SHARE) + (well ? OUTCOME_SHARE : 0);
        successAt = nowNanos;
    }

    /** Expected nanoseconds to an answer; 0 while nothing is known. */
    double expected(long nowNanos) {
        return known ? nanos * fade(nanosAt, nowNanos) : 0;
    }

    /** Of the outcomes of late, 0 to 1; 1 while nothing is known. */
    double success(long nowNanos) {
        return 1 - (1 - success) * fade(successAt, nowNanos);
    }

    /** What one more request costs beside {@code inFlight} others; comparable between backends only. */
    double cost(int inFlight, long nowNanos) {
        // Who was never asked gets one request, and no second before the first is answered.
        if (!known) return inFlight == 0 ? 0 : Double.MAX_VALUE / 4;
        double well = Math.max(LEAST_SUCCESS, success(nowNanos));
        return (expected(nowNanos) + 1) * (inFlight + 1) / (well * well);
    }

    private static double fade(long since, long nowNanos) {
        return Math.exp(-Math.max(0, nowNanos - since) / WINDOW_NANOS);
    }
}
