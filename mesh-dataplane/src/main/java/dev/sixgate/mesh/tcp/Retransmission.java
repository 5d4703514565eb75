package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;

/**
 * Finds what was lost and sends it again: duplicate acknowledgements and SACK (RFC 5681 §3.2, RFC 6582, RFC 6675), the
 * retransmission timer (RFC 6298), and the Eifel test that takes a wrong verdict back (RFC 3522).
 *
 * <p>Everything not SACKed in {@code [unacked, lostBelow)} counts as lost; below {@code resendFrom} it has been sent
 * again. SND.NXT never goes back.
 */
final class Retransmission {
    private enum Phase {
        OPEN,
        /** Fast recovery. */
        RECOVERY,
        /** After a timeout. */
        LOSS
    }

    private final TcpConnection connection;
    private final SendHalf send;
    private final SackScoreboard scoreboard = new SackScoreboard();
    private final RttEstimator rtt;
    private final CongestionControl congestion;
    private final long userTimeoutNanos;

    private Phase phase = Phase.OPEN;
    private long recoveryPoint;
    private long lostBelow;
    private long resendFrom;
    private int duplicateAcks;
    /** Without SACK: bytes that duplicate acknowledgements say have left the path. */
    private long departed;
    /** The next segment goes regardless of the congestion window. */
    private boolean forced;

    private boolean maySpurious;
    private int resentAtTimestamp;

    private long deadline = TcpStack.NEVER;
    private int timeouts;
    private final Patience patience = new Patience();
    private long timedOutAt;
    private long retransmittedSegments;

    Retransmission(TcpConnection connection, SendHalf send, RttEstimator rtt, CongestionControl congestion) {
        this.connection = connection;
        this.send = send;
        this.rtt = rtt;
        this.congestion = congestion;
        userTimeoutNanos = connection.options.userTimeout().toNanos();
        recoveryPoint = send.unacked();
    }

    long deadline() {
        return deadline;
    }

    long retransmittedSegments() {
        return retransmittedSegments;
    }

    boolean isOpen() {
        return phase == Phase.OPEN;
    }

    void startTimer(long nowNanos) {
        if (deadline == TcpStack.NEVER) restartTimer(nowNanos);
    }

    void restartTimer(long nowNanos) {
        deadline = nowNanos + rtt.timeoutNanos();
    }

    void stopTimer() {
        deadline = TcpStack.NEVER;
    }

    /** RFC 6675 SetPipe: what is thought to be on the path. */
    long pipe() {
        long lost = phase == Phase.OPEN
                ? 0
                : scoreboard.missing(Math.max(resendFrom, send.unacked()), Math.min(lostBelow, send.next()));
        return Math.max(0, send.flight() - scoreboard.bytes() - departed - lost);
    }

    /** Writes the next lost segment; false: none, or the window or congestion forbids it now. */
    boolean poll(ByteBuf target, long nowNanos) {
        if (phase == Phase.OPEN) return false;
        long from = scoreboard.firstMissing(Math.max(resendFrom, send.unacked()));
        long limit = Math.min(lostBelow, send.next());
        if (from >= limit) return false;
        boolean isFirst = from == send.unacked();
        long to = Math.min(scoreboard.gapEnd(from, limit), from + connection.payloadBytes());
        // A remote that took window back gets only the first segment again, as its probe (RFC 9293 §3.8.6).
        if (!isFirst && to > send.windowEnd()) return false;
        long pipe = pipe();
        if (!forced && pipe > 0 && pipe + to - from > congestion.window()) return false;
        if (forced) {
            forced = false;
            resentAtTimestamp = connection.timestamps.value(nowNanos);
        }
        send.emit(target, from, to, nowNanos);
        send.cancelTiming();
        resendFrom = to;
        retransmittedSegments++;
        if (isFirst) restartTimer(nowNanos);
        else startTimer(nowNanos);
        return true;
    }

    /** Counts a segment sent again outside of recovery: SYN. */
    void countResent() {
        retransmittedSegments++;
    }

    /** The acknowledgement moved to {@code send.unacked()}. */
    void onAdvance(long acknowledged, long flightBefore, Segment segment, long nowNanos) {
        long unacked = send.unacked();
        scoreboard.acknowledgeTo(unacked);
        timeouts = 0;
        patience.renew();
        duplicateAcks = 0;
        if (phase != Phase.OPEN && maySpurious) testSpurious(segment);
        switch (phase) {
            case OPEN -> {
                departed = 0;
                congestion.onAck(acknowledged, flightBefore, false, nowNanos);
            }
            case RECOVERY -> {
                if (unacked >= recoveryPoint) open();
                else if (!connection.sackPermitted) onPartialAck(acknowledged);
            }
            case LOSS -> {
                congestion.onAck(acknowledged, flightBefore, true, nowNanos);
                if (unacked >= recoveryPoint) open();
            }
        }
        if (send.flight() == 0) stopTimer();
        else restartTimer(nowNanos);
    }

    /** RFC 6582 §3.2 step 3: the next hole begins at the partial acknowledgement. */
    private void onPartialAck(long acknowledged) {
        departed = Math.max(0, departed - Math.max(0, acknowledged - send.segmentBytes()));
        resendFrom = send.unacked();
        lostBelow = resendFrom + send.segmentBytes();
        forced = true;
    }

    private void open() {
        phase = Phase.OPEN;
        departed = 0;
        forced = false;
        maySpurious = false;
    }

    /** RFC 3522: the echo is older than the first segment sent again, or none was sent yet: the original had arrived. */
    private void testSpurious(Segment segment) {
        maySpurious = false;
        boolean originalArrived = forced || segment.timestamps && segment.timestampEcho - resentAtTimestamp < 0;
        if (!originalArrived) return;
        congestion.onSpurious();
        rtt.endBackoff();
        open();
    }

    /** After every acceptable acknowledgement, whether it advanced or not. */
    void onAck(Segment segment, boolean repeats, long nowNanos) {
        boolean sack = connection.sackPermitted;
        boolean isDuplicate = sack ? scoreboard.update(segment, send.unacked(), send.next()) : repeats;
        if (isDuplicate) {
            duplicateAcks++;
            // Never all of it: forged duplicates must not open the window without bound.
            if (!sack && phase != Phase.LOSS)
                departed = Math.min(departed + send.segmentBytes(), Math.max(0, send.flight() - send.segmentBytes()));
        }
        if (send.flight() == 0) return;
        long lost = scoreboard.lostBelow(send.unacked(), send.segmentBytes());
        if (phase != Phase.OPEN) {
            if (sack) lostBelow = Math.max(lostBelow, lost);
        } else if (lost > send.unacked() || duplicateAcks >= SackScoreboard.DUPLICATE_THRESHOLD) {
            // Without SACK duplicates of the last recovery's own segments look the same (RFC 6582 §3.2 step 2).
            if (sack || send.unacked() > recoveryPoint) recover(lost, nowNanos);
        }
    }

    private void recover(long lost, long nowNanos) {
        congestion.onLoss(send.flight(), nowNanos);
        beginPhase(Phase.RECOVERY, Math.max(lost, send.unacked() + send.segmentBytes()));
    }

    private void beginPhase(Phase next, long lost) {
        phase = next;
        recoveryPoint = send.next();
        lostBelow = Math.min(lost, send.next());
        resendFrom = send.unacked();
        forced = true;
        maySpurious = connection.timestamps.isEnabled();
    }

    /** @return false: nothing got through for too long, the connection is to end */
    boolean onTimeout(long nowNanos) {
        // With a closed window the remote lives while it answers (RFC 9293 §3.8.6.1).
        if (send.window() == 0 && connection.lastReceivedAt >= timedOutAt) patience.renew();
        patience.spend(rtt.timeoutNanos());
        if (patience.isOver()) return false;
        if (userTimeoutNanos > 0 && timeouts > 0 && patience.exceeds(userTimeoutNanos)) return false;
        timedOutAt = nowNanos;
        boolean repeated = timeouts++ > 0;
        if (repeated || scoreboard.isReneged(send.unacked())) scoreboard.clear();
        congestion.onTimeout(send.flight(), repeated, nowNanos);
        rtt.backOff();
        departed = 0;
        duplicateAcks = 0;
        boolean firstVerdict = !repeated;
        beginPhase(Phase.LOSS, send.next());
        maySpurious &= firstVerdict;
        send.cancelTiming();
        restartTimer(nowNanos);
        return true;
    }

    /** How often the timer has fired in vain since the last progress. */
    int timeouts() {
        return timeouts;
    }

    /** Whether the timer has fired in vain since the last progress. */
    boolean isFailing() {
        return timeouts > 0;
    }

    /** The path works again: what the timer would send much later goes now. */
    void onPathRestored(long nowNanos) {
        if (timeouts == 0 || send.flight() == 0) return;
        rtt.endBackoff();
        beginPhase(Phase.LOSS, send.next());
        maySpurious = false;
        departed = 0;
        send.cancelTiming();
        restartTimer(nowNanos);
    }

    /** What is in flight is too big for the path: all of it is cut anew, without blaming congestion (RFC 8201 §4). */
    void onSmallerSegments() {
        if (send.flight() == 0) return;
        beginPhase(Phase.RECOVERY, send.next());
        maySpurious = false;
        departed = 0;
    }
}
