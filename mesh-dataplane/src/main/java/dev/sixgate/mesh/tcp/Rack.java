package dev.sixgate.mesh.tcp;

/**
 * Recent acknowledgment (RFC 8985 §6): a segment is lost when one sent later was delivered and enough time has passed for
 * mere reordering. Only ingress times count here.
 *
 * <p>Originals are in order of time as they are in order of sequence, and so are segments sent again in the order of their
 * queue: each is judged once, and the first that is too young ends the round.
 */
final class Rack {
    /** Below it a receiver's batches look like reordering. */
    private static final long MIN_REORDERING_NANOS = 1_000_000;

    private static final int MAX_MULTIPLIER = 16;
    /** A widened window lasts for so many recoveries without D-SACK (§6.2 step 4). */
    private static final int PERSISTENCE = 16;

    private static final long NO_ROUND = Long.MIN_VALUE;
    private static final long[] NONE = {};

    private final SentSegments segments;
    private final RttEstimator rtt;

    /** Of the segment that was sent last of all that are delivered. */
    private long sentAt = Long.MIN_VALUE;

    private long end;
    private long rttNanos;
    private long highestDelivered;
    private boolean sawReordering;
    private int multiplier = 1;
    private int persistence;
    private long dsackRoundEnd = NO_ROUND;

    private long judgedTo;
    /** Where segments begin that were sent again, a ring in order of time. */
    private long[] resent = NONE;

    private int resentHead;
    private int resentCount;
    /** When the next undecided segment is lost. */
    private long dueAt = TcpStack.NEVER;

    Rack(SentSegments segments, RttEstimator rtt) {
        this.segments = segments;
        this.rtt = rtt;
    }

    /** When {@link #detect} would find more. */
    long dueAt() {
        return dueAt;
    }

    void cancel() {
        dueAt = TcpStack.NEVER;
    }

    void onResent(long start) {
        if (resentCount == resent.length) growQueue();
        resent[(resentHead + resentCount++) & (resent.length - 1)] = start;
    }

    /**
     * A segment was acknowledged or SACKed (§6.2 steps 1 to 3).
     *
     * @param highestBefore the highest that was delivered before this acknowledgement
     * @param mayBeOriginal whether the acknowledgement may be of an earlier transmission than the last
     */
    void onDelivered(int index, long highestBefore, boolean mayBeOriginal, long nowNanos) {
        long itsEnd = segments.end(index);
        boolean isResent = segments.is(index, SentSegments.RESENT);
        highestDelivered = Math.max(highestDelivered, itsEnd);
        if (!isResent && itsEnd < highestBefore) sawReordering = true;
        long itsSentAt = segments.sentAt(index);
        long elapsed = nowNanos - itsSentAt;
        if (isResent && (mayBeOriginal || elapsed < rtt.minimumNanos())) return;
        if (itsSentAt < sentAt || itsSentAt == sentAt && itsEnd <= end) return;
        sentAt = itsSentAt;
        end = itsEnd;
        rttNanos = elapsed;
    }

    long highestDelivered() {
        return highestDelivered;
    }

    /** What was sent again had arrived: it was reordering, or the path is slower than thought (§6.2 step 4). */
    void onDuplicateReport(long unacked, long next) {
        if (dsackRoundEnd != NO_ROUND && unacked < dsackRoundEnd) return;
        dsackRoundEnd = next;
        multiplier = Math.min(multiplier + 1, MAX_MULTIPLIER);
        persistence = PERSISTENCE;
    }

    void onRecoveryEnd() {
        if (persistence > 0 && --persistence == 0) multiplier = 1;
    }

    /** What was thought lost was not, so that what seemed to have overtaken it had not either. */
    void restart() {
        judgedTo = 0;
        sentAt = Long.MIN_VALUE;
    }

    /** All is lost, or nothing: no segment sent again is waited for. */
    void forgetResent() {
        resentHead = 0;
        resentCount = 0;
    }

    /**
     * Marks what is lost now (§6.2 step 5).
     *
     * @return the lowest sequence number marked, or {@link Long#MAX_VALUE}
     */
    long detect(boolean isRecovering, long nowNanos) {
        dueAt = TcpStack.NEVER;
        if (sentAt == Long.MIN_VALUE || segments.count() == 0) return Long.MAX_VALUE;
        long wait = rttNanos + reorderingNanos(isRecovering);
        long first = detectOriginals(wait, nowNanos);
        return Math.min(first, detectResent(wait, nowNanos));
    }

    private long reorderingNanos(boolean isRecovering) {
        boolean isEnough = isRecovering || segments.sackedCount() >= SackScoreboard.DUPLICATE_THRESHOLD;
        if (!sawReordering && isEnough) return 0;
        long quarters = Math.max(rtt.minimumNanos(), 0) / 4 * multiplier;
        return Math.max(Math.min(quarters, Math.max(rtt.smoothedNanos(), 0)), MIN_REORDERING_NANOS);
    }

    private long detectOriginals(long wait, long nowNanos) {
        long lowest = Long.MAX_VALUE;
        for (int i = segments.find(judgedTo); i < segments.count(); i++) {
            boolean isDecided = segments.is(i, SentSegments.SACKED | SentSegments.LOST | SentSegments.RESENT);
            if (!isDecided) {
                if (!isOvertaken(i) || !isOverdue(i, wait, nowNanos)) return lowest;
                segments.markLost(i);
                lowest = Math.min(lowest, segments.start(i));
            }
            judgedTo = segments.end(i);
        }
        return lowest;
    }

    private long detectResent(long wait, long nowNanos) {
        long lowest = Long.MAX_VALUE;
        while (resentCount > 0) {
            long start = resent[resentHead];
            int i = segments.find(start);
            boolean isWaiting = i < segments.count()
                    && segments.start(i) <= start
                    && segments.is(i, SentSegments.RESENT)
                    && !segments.is(i, SentSegments.SACKED | SentSegments.LOST);
            if (isWaiting) {
                if (!isOvertaken(i) || !isOverdue(i, wait, nowNanos)) return lowest;
                segments.markLost(i);
                lowest = Math.min(lowest, segments.start(i));
            }
            resentHead = (resentHead + 1) & (resent.length - 1);
            resentCount--;
        }
        return lowest;
    }

    private boolean isOvertaken(int index) {
        long itsSentAt = segments.sentAt(index);
        return itsSentAt < sentAt || itsSentAt == sentAt && segments.end(index) < end;
    }

    private boolean isOverdue(int index, long wait, long nowNanos) {
        long lostAt = segments.sentAt(index) + wait;
        if (lostAt <= nowNanos) return true;
        dueAt = Math.min(dueAt, lostAt);
        return false;
    }

    /** At a retransmission timeout (§6.3): what was sent within the last round trip may still arrive. */
    boolean isStale(int index, long nowNanos) {
        return segments.sentAt(index) + rttNanos + reorderingNanos(true) <= nowNanos;
    }

    private void growQueue() {
        long[] larger = new long[Math.max(8, 2 * resent.length)];
        int tail = resent.length - resentHead;
        System.arraycopy(resent, resentHead, larger, 0, tail);
        System.arraycopy(resent, 0, larger, tail, resentHead);
        resent = larger;
        resentHead = 0;
    }

    /** Nothing is in flight: the queue is not kept. */
    void onIdle() {
        forgetResent();
        dueAt = TcpStack.NEVER;
        if (resent.length > 32) resent = NONE;
    }
}
