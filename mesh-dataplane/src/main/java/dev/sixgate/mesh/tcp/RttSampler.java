package dev.sixgate.mesh.tcp;

/** What one acknowledgement tells of the round trip (RFC 6298 §3, RFC 7323 §4.1). */
final class RttSampler {
    private final RttEstimator rtt;
    /** What was sent before was on its way while this machine slept. */
    private long trustedFrom = Long.MIN_VALUE;

    private long firstNanos = -1;
    private long latestNanos = -1;

    RttSampler(RttEstimator rtt) {
        this.rtt = rtt;
    }

    /** An acknowledgement came; the retransmission timer was to fire at {@code timeoutAt}, or never. */
    void begin(long timeoutAt, long nowNanos) {
        firstNanos = -1;
        latestNanos = -1;
        onTimeout(timeoutAt, nowNanos);
    }

    /**
     * A timer that comes later than it waited was not there to come: the machine slept, or the process was stopped, and a
     * sample across that would make the next timeout a minute.
     */
    void onTimeout(long timeoutAt, long nowNanos) {
        if (nowNanos - timeoutAt > rtt.timeoutNanos() && timeoutAt != TcpStack.NEVER) trustedFrom = nowNanos;
    }

    /** Something that was sent only once arrived. */
    void onDelivered(long sentAt, long nowNanos) {
        if (sentAt < trustedFrom) return;
        latestNanos = nowNanos - sentAt;
        if (firstNanos < 0) firstNanos = latestNanos;
    }

    /** @param usesTimestamp Karn's rule leaves only timestamps for what was sent again */
    void sample(TcpConnection connection, Segment segment, boolean usesTimestamp, long nowNanos) {
        if (firstNanos >= 0) {
            rtt.sample(firstNanos, latestNanos);
        } else if (usesTimestamp) {
            long elapsed = connection.timestamps.elapsedNanos(segment, connection.openedAt, nowNanos);
            if (elapsed >= 0 && nowNanos - elapsed >= trustedFrom) rtt.sample(elapsed, elapsed);
        }
    }

    /** Of the newest segment that the acknowledgement delivered; -1: none that was sent once. */
    long latestNanos() {
        return latestNanos;
    }
}
