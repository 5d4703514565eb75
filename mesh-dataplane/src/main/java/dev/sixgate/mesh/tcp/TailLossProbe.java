package dev.sixgate.mesh.tcp;

/**
 * The tail loss probe (RFC 8985 §7): when the end of a flight stays unacknowledged for two round trips, one segment more
 * brings the acknowledgement that shows what is lost, long before the retransmission timer.
 */
final class TailLossProbe {
    /** A receiver may hold the acknowledgement of a single segment back so long (§7.2). */
    private static final long DELAYED_ACK_NANOS = 200_000_000L;
    /** Shorter, and a receiver's batches look like loss. */
    private static final long MIN_NANOS = 10_000_000L;

    private static final long NONE = Long.MIN_VALUE;

    private final RttEstimator rtt;
    private long dueAt = TcpStack.NEVER;
    private long end = NONE;
    private boolean isRepetition;
    private boolean isPending;

    TailLossProbe(RttEstimator rtt) {
        this.rtt = rtt;
    }

    long dueAt() {
        return dueAt;
    }

    void cancel() {
        dueAt = TcpStack.NEVER;
        isPending = false;
    }

    void forget() {
        cancel();
        end = NONE;
    }

    /** Something was sent or acknowledged (§7.2). @param timeoutAt when the retransmission timer is due, which has precedence */
    void schedule(int segments, long timeoutAt, long nowNanos) {
        cancel();
        if (end != NONE || segments == 0 || rtt.smoothedNanos() < 0) return;
        long wait = Math.max(2 * rtt.smoothedNanos(), MIN_NANOS) + (segments == 1 ? DELAYED_ACK_NANOS : 0);
        if (nowNanos + wait < timeoutAt) dueAt = nowNanos + wait;
    }

    /** The timer fired: the next segment is the probe (§7.3). */
    void fire() {
        dueAt = TcpStack.NEVER;
        isPending = true;
    }

    boolean isPending() {
        return isPending;
    }

    void onSent(long next, boolean isRepeated) {
        isPending = false;
        end = next;
        isRepetition = isRepeated;
    }

    /**
     * §7.4.2.
     *
     * @param isDuplicate the acknowledgement repeats the last one and tells nothing else
     * @return whether the probe repaired a loss, which is answered as one
     */
    boolean onAck(long ack, boolean isDuplicateReport, boolean isDuplicate) {
        if (end == NONE || ack < end) return false;
        boolean repairedLoss = isRepetition && !isDuplicateReport && ack > end;
        boolean isOver = !isRepetition || isDuplicateReport || ack > end || isDuplicate;
        if (isOver) end = NONE;
        return repairedLoss;
    }
}
