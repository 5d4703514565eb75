package dev.sixgate.mesh.tcp;

/**
 * Smoothed round-trip time and the retransmission timeout (RFC 6298). Where §2.4 rounds up to one second, the variance
 * term is at least 200 ms instead, as in the field's kernels: it covers delayed acknowledgements and repairs a lost
 * tail five times sooner.
 */
final class RttEstimator {
    static final long INITIAL_TIMEOUT_NANOS = 1_000_000_000L;
    private static final long MIN_VARIANCE_TERM_NANOS = 200_000_000L;
    static final long MAX_TIMEOUT_NANOS = 60_000_000_000L;

    private long smoothed = -1;
    private long variance;
    private long minimum = -1;
    private long timeout = INITIAL_TIMEOUT_NANOS;
    private int backoff;

    void sample(long rttNanos) {
        sample(rttNanos, rttNanos);
    }

    /**
     * RFC 6298 §2.2 and §2.3. Ends a backoff (§5, last paragraph).
     *
     * @param rttNanos of the oldest segment acknowledged, a delayed acknowledgement's wait included
     * @param latestNanos of the newest
     */
    void sample(long rttNanos, long latestNanos) {
        long rtt = Math.max(rttNanos, 1);
        if (smoothed < 0) {
            smoothed = rtt;
            variance = rtt / 2;
        } else {
            variance += (Math.abs(smoothed - rtt) - variance) / 4;
            smoothed += (rtt - smoothed) / 8;
        }
        long latest = Math.max(latestNanos, 1);
        minimum = minimum < 0 ? latest : Math.min(minimum, latest);
        timeout = Math.min(smoothed + Math.max(4 * variance, MIN_VARIANCE_TERM_NANOS), MAX_TIMEOUT_NANOS);
        backoff = 0;
    }

    /** Doubles the timeout (§5.5), up to 60 s. */
    void backOff() {
        if (timeoutNanos() < MAX_TIMEOUT_NANOS) backoff++;
    }

    void endBackoff() {
        backoff = 0;
    }

    /** After a lost SYN without a sample (§5.7). */
    void distrustSyn() {
        if (smoothed < 0) timeout = 3 * INITIAL_TIMEOUT_NANOS;
        backoff = 0;
    }

    long timeoutNanos() {
        return Math.min(timeout << backoff, MAX_TIMEOUT_NANOS);
    }

    /** -1 before the first sample. */
    long smoothedNanos() {
        return smoothed;
    }

    /** -1 before the first sample. */
    long minimumNanos() {
        return minimum;
    }
}
