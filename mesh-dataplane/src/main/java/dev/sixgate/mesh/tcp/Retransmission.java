package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;

/**
 * Finds what was lost and sends it again: RACK and tail loss probes (RFC 8985), without SACK duplicate acknowledgements (RFC
 * 5681 §3.2, RFC 6582), the retransmission timer (RFC 6298), proportional rate reduction (RFC 9937); and takes a wrong
 * verdict back (see {@link SpuriousRecovery}). SND.NXT never goes back.
 */
final class Retransmission implements SackScoreboard.Receiver {
    private enum Phase {
        OPEN,
        /** Fast recovery. */
        RECOVERY,
        /** After a timeout. */
        LOSS
    }

    private final TcpConnection connection;
    private final SendHalf send;
    private final RttEstimator rtt;
    private final CongestionControl congestion;
    private final long userTimeoutNanos;
    private final SentSegments segments = new SentSegments();
    private final SackScoreboard scoreboard = new SackScoreboard(segments);
    private final Rack rack;
    private final TailLossProbe probe;
    private final RateReduction reduction = new RateReduction();
    private final SpuriousRecovery spurious = new SpuriousRecovery();
    private final RttSampler sampler;
    final DeliveryRate rate = new DeliveryRate(segments);

    private Phase phase = Phase.OPEN;
    private long recoveryPoint;
    /** Rate reduction says how much may be in flight. */
    private boolean isReduced;
    /** No segment below it is marked lost. */
    private long lostFrom;

    private int duplicateAcks;
    /** Without SACK: bytes that duplicate acknowledgements say have left the path. */
    private long departed;
    /** The next segment goes regardless of the congestion window. */
    private boolean forced;
    /** What was in flight when the congestion window last refused a segment. */
    private long windowLimitedAt = Long.MIN_VALUE;

    private long timeoutAt = TcpStack.NEVER;
    private int timeouts;
    private final Patience patience = new Patience();
    private long timedOutAt;
    private long retransmittedSegments;

    /** Of the acknowledgement being processed. */
    private long ackAt;

    private long highestBefore;
    private boolean mayBeOriginal;
    private int echo;
    private boolean originalArrived;

    Retransmission(TcpConnection connection, SendHalf send, RttEstimator rtt, CongestionControl congestion) {
        this.connection = connection;
        this.send = send;
        this.rtt = rtt;
        this.congestion = congestion;
        rack = new Rack(segments, rtt);
        probe = new TailLossProbe(rtt);
        sampler = new RttSampler(rtt);
        userTimeoutNanos = connection.options.userTimeout().toNanos();
        recoveryPoint = send.unacked();
    }

    long deadline() {
        return Math.min(timeoutAt, Math.min(probe.dueAt(), rack.dueAt()));
    }

    long retransmittedSegments() {
        return retransmittedSegments;
    }

    void startTimer(long nowNanos) {
        if (timeoutAt == TcpStack.NEVER) restartTimer(nowNanos);
    }

    void restartTimer(long nowNanos) {
        timeoutAt = nowNanos + rtt.timeoutNanos();
    }

    void stopTimer() {
        timeoutAt = TcpStack.NEVER;
        probe.cancel();
    }

    /** The connection has ended. */
    void release() {
        stopTimer();
        segments.clear();
        scoreboard.clear();
        rack.onIdle();
    }

    /** RFC 6675 SetPipe: what is thought to be on the path. */
    long pipe() {
        return Math.max(0, send.flight() - segments.sackedBytes() - segments.lostBytes() - departed);
    }

    private long window() {
        return isReduced ? reduction.window() : congestion.window();
    }

    /** Whether a new segment of that size may leave. */
    boolean admits(int bytes) {
        if (segments.isFull()) return false;
        if (probe.isPending()) return true;
        long pipe = pipe();
        if (pipe == 0 || pipe + bytes <= window()) return true;
        windowLimitedAt = send.next();
        return false;
    }

    /** New data left. */
    void onSent(long from, long to, long nowNanos) {
        rate.onSent(segments.append(from, to, nowNanos), pipe(), nowNanos);
        reduction.onSent(to - from);
        startTimer(nowNanos);
        if (probe.isPending()) {
            probe.onSent(to, false);
            restartTimer(nowNanos);
        } else {
            scheduleProbe(nowNanos);
        }
    }

    /** There is nothing new to send. */
    void onNothingToSend() {
        if (segments.lostBytes() > 0 || pipe() >= window()) return;
        rate.onAppLimited(pipe());
    }

    /** Writes the next lost segment; false: none, or the window or congestion forbids it now. */
    boolean poll(ByteBuf target, long nowNanos) {
        if (segments.lostBytes() == 0 || spurious.holdsRepetitions() && send.hasNewData()) return false;
        int index = segments.find(lostFrom);
        while (!segments.is(index, SentSegments.LOST)) index++;
        lostFrom = segments.start(index);
        segments.extendLost(index, connection.payloadBytes());
        int length = Math.min(segments.bytes(index), connection.payloadBytes());
        // A remote that took window back gets only the first segment again, as its probe (RFC 9293 §3.8.6).
        if (index > 0 && lostFrom + length > send.windowEnd()) return false;
        long pipe = pipe();
        boolean isAdmitted = forced || pipe == 0 || pipe + length <= window();
        if (!isAdmitted || !forced && send.isPaced(nowNanos)) return false;
        forced = false;
        return resend(target, index, nowNanos);
    }

    /** Nothing new could leave as probe: the last segment does again (RFC 8985 §7.3). */
    boolean pollProbe(ByteBuf target, long nowNanos) {
        if (!probe.isPending()) return false;
        boolean isWithinWindow = segments.count() > 0 && send.next() <= send.windowEnd();
        if (isWithinWindow) return resend(target, segments.count() - 1, nowNanos);
        probe.cancel();
        return false;
    }

    private boolean resend(ByteBuf target, int index, long nowNanos) {
        boolean isProbe = probe.isPending();
        long from = segments.start(index);
        long to = Math.min(segments.end(index), from + connection.payloadBytes());
        if (to < segments.end(index) && segments.isFull()) return false;
        if (to < segments.end(index)) segments.split(index, to);
        segments.markResent(index, nowNanos);
        rack.onResent(from);
        rate.onSent(index, pipe(), nowNanos);
        send.emit(target, from, to, nowNanos);
        reduction.onSent(to - from);
        spurious.onResent(connection.timestamps.value(nowNanos));
        retransmittedSegments++;
        if (isProbe) probe.onSent(send.next(), true);
        connection.pathProbe.onResent(from, index == 0, nowNanos);
        if (isProbe || index == 0) restartTimer(nowNanos);
        else startTimer(nowNanos);
        return true;
    }

    /** Counts a segment sent again outside of recovery: SYN. */
    void countResent() {
        retransmittedSegments++;
    }

    private void scheduleProbe(long nowNanos) {
        boolean isQuiet = phase == Phase.OPEN && connection.sackPermitted && segments.lostBytes() == 0;
        if (isQuiet && segments.sackedCount() == 0) probe.schedule(segments.count(), timeoutAt, nowNanos);
        else probe.cancel();
    }

    /**
     * An acceptable acknowledgement, whether it advances or not.
     *
     * @param repeats it is a duplicate as RFC 5681 §2 defines it
     */
    void onAck(Segment segment, long ack, boolean repeats, long nowNanos) {
        long unackedBefore = send.unacked();
        boolean advances = ack > unackedBefore;
        boolean sack = connection.sackPermitted;
        AckSample sample = connection.stack.ackSample;
        sample.nowNanos = nowNanos;
        sample.priorInFlight = pipe();
        // Slow start doubles: half a window in flight is a window used (RFC 7661 §4.1).
        boolean isHalfUsed = congestion.window() < congestion.slowStartThreshold()
                && 2 * sample.priorInFlight >= congestion.window();
        sample.isWindowLimited = windowLimitedAt >= unackedBefore || isHalfUsed;
        long deliveredBefore = rate.delivered();
        long outstanding = send.flight() - segments.sackedBytes();
        begin(segment, nowNanos);

        if (advances) deliverTo(ack);
        boolean isNews = sack ? scoreboard.update(segment, ack, send.next(), this) : repeats && !advances;
        boolean isTwice = sack && SackScoreboard.isDuplicateReport(segment, ack);
        sampler.sample(connection, segment, advances && mayBeOriginal, nowNanos);
        if (advances) advance(ack, nowNanos);
        long delivered = rate.delivered() - deliveredBefore;
        if (isTwice) onDuplicateReport(Sequence.unwrap(segment.sackStart[0], ack), nowNanos);
        if (advances && phase != Phase.OPEN) testSpurious(segment, ack, nowNanos);
        if (probe.onAck(ack, isTwice, !advances && !isNews)) onProbeRepairedLoss(nowNanos);
        if (isNews && !sack) countDuplicate();
        if (isNews && !advances) spurious.onDuplicate();

        long lostBefore = segments.lostBytes();
        if (send.flight() > 0) detect(outstanding, nowNanos);
        long lost = Math.max(0, segments.lostBytes() - lostBefore);
        rate.onLost(lost);
        if (isReduced)
            reduction.onAck(
                    delivered, pipe(), advances && lost == 0, congestion.slowStartThreshold(), send.segmentBytes());
        complete(sample, delivered, lost);
        if (phase != Phase.OPEN && send.unacked() >= recoveryPoint) recovered(nowNanos);
        if (send.flight() == 0) onIdle();
        else if (advances || isNews) scheduleProbe(nowNanos);
    }

    private void begin(Segment segment, long nowNanos) {
        ackAt = nowNanos;
        highestBefore = rack.highestDelivered();
        originalArrived = false;
        sampler.begin(timeoutAt, nowNanos);
        rate.begin();
        // Timestamps tell a repetition from the original; the tick is a millisecond.
        mayBeOriginal = segment.timestamps && connection.timestamps.isEnabled();
        echo = segment.timestampEcho;
    }

    private void deliverTo(long ack) {
        for (int i = 0; i < segments.count() && segments.start(i) < ack; i++) {
            if (segments.is(i, SentSegments.SACKED)) continue;
            if (segments.end(i) > ack) {
                if (segments.isFull()) return;
                segments.split(i, ack);
            }
            deliver(i);
        }
    }

    @Override
    public void onSacked(int index) {
        deliver(index);
        segments.markSacked(index);
    }

    private void deliver(int index) {
        boolean isResent = segments.is(index, SentSegments.RESENT);
        boolean isOriginals =
                isResent && mayBeOriginal && echo - connection.timestamps.value(segments.sentAt(index)) < 0;
        rate.onDelivered(index, ackAt);
        rack.onDelivered(index, highestBefore, isOriginals, ackAt);
        if (isResent) return;
        if (segments.end(index) <= recoveryPoint) originalArrived = true;
        connection.pathProbe.onDelivered(segments.start(index), segments.end(index), ackAt);
        sampler.onDelivered(segments.sentAt(index), ackAt);
    }

    private void advance(long ack, long nowNanos) {
        long acknowledged = ack - send.unacked();
        segments.removeBelow(ack);
        scoreboard.acknowledgeTo(ack);
        send.acknowledge(ack);
        timeouts = 0;
        patience.renew();
        connection.pathProbe.onProgress();
        duplicateAcks = 0;
        if (phase == Phase.OPEN) departed = 0;
        else if (!connection.sackPermitted) onPartialAck(acknowledged);
        restartTimer(nowNanos);
    }

    /** RFC 6582 §3.2 step 3: the next hole begins at the partial acknowledgement. */
    private void onPartialAck(long acknowledged) {
        departed = Math.max(0, departed - Math.max(0, acknowledged - send.segmentBytes()));
        if (phase != Phase.RECOVERY || send.unacked() >= recoveryPoint || segments.count() == 0) return;
        markLost(0);
        forced = true;
    }

    private void markLost(int index) {
        if (segments.is(index, SentSegments.SACKED)) return;
        segments.markLost(index);
        lostFrom = Math.min(lostFrom, segments.start(index));
    }

    private void onDuplicateReport(long start, long nowNanos) {
        if (!spurious.covers(start)) return; // the path doubled it
        rack.onDuplicateReport(send.unacked(), send.next());
        if (spurious.onDuplicateReport()) undo(nowNanos);
    }

    private void testSpurious(Segment segment, long ack, long nowNanos) {
        boolean isComplete = ack >= recoveryPoint;
        if (spurious.onAdvance(segment, originalArrived, isComplete, send.hasNewData())) undo(nowNanos);
    }

    private void undo(long nowNanos) {
        congestion.onSpurious(nowNanos);
        rtt.endBackoff();
        if (phase != Phase.OPEN) congestion.onRecoveryEnd(nowNanos);
        for (int i = 0; segments.lostBytes() > 0 && i < segments.count(); i++) segments.markOnPath(i);
        rack.restart();
        spurious.end();
        open();
    }

    private void onProbeRepairedLoss(long nowNanos) {
        if (phase != Phase.OPEN) return;
        congestion.onLoss(send.flight(), nowNanos);
        congestion.onRecoveryEnd(nowNanos);
    }

    private void countDuplicate() {
        duplicateAcks++;
        // Never all of it: forged duplicates must not open the window without bound.
        if (phase != Phase.LOSS)
            departed = Math.min(departed + send.segmentBytes(), Math.max(0, send.flight() - send.segmentBytes()));
    }

    private void detect(long outstanding, long nowNanos) {
        if (connection.sackPermitted) {
            lostFrom = Math.min(lostFrom, rack.detect(phase != Phase.OPEN, nowNanos));
            if (segments.lostBytes() == 0) return;
            if (segments.is(0, SentSegments.LOST)) connection.pathProbe.onHeadLost(nowNanos);
            if (phase != Phase.OPEN) return;
            if (connection.pathProbe.isOnlyLoss(segments)) repairProbe();
            else recover(outstanding, nowNanos);
            return;
        }
        // Without SACK duplicates of the last recovery's own segments look the same (RFC 6582 §3.2 step 2).
        boolean isLost = duplicateAcks >= SackScoreboard.DUPLICATE_THRESHOLD && send.unacked() > recoveryPoint;
        if (phase != Phase.OPEN || !isLost) return;
        markLost(0);
        recover(outstanding, nowNanos);
    }

    private void recover(long outstanding, long nowNanos) {
        congestion.onLoss(send.flight(), nowNanos);
        reduction.begin(outstanding);
        beginPhase(Phase.RECOVERY);
        isReduced = connection.sackPermitted && congestion.leavesRecoveryToRateReduction();
        spurious.begin(connection.timestamps.isEnabled(), false, send.unacked(), send.next());
    }

    /** Nothing but a packet of unusual size was lost: that says nothing of congestion (RFC 4821 §7.7). */
    private void repairProbe() {
        beginPhase(Phase.RECOVERY);
        spurious.end();
    }

    /** Whether a segment of unusual size may leave: nothing is being repaired, and losses will be found by SACK. */
    boolean mayProbePath() {
        return phase == Phase.OPEN && connection.sackPermitted && segments.lostBytes() == 0 && !probe.isPending();
    }

    private void beginPhase(Phase next) {
        phase = next;
        recoveryPoint = send.next();
        isReduced = false;
        forced = true;
        probe.forget();
    }

    private void recovered(long nowNanos) {
        congestion.onRecoveryEnd(nowNanos);
        rack.onRecoveryEnd();
        spurious.onRecovered();
        open();
    }

    private void open() {
        phase = Phase.OPEN;
        isReduced = false;
        departed = 0;
        forced = false;
    }

    private void onIdle() {
        stopTimer();
        rack.onIdle();
        lostFrom = send.next();
    }

    private void complete(AckSample sample, long delivered, long lost) {
        sample.deliveredBytes = delivered;
        sample.lostBytes = lost;
        sample.inFlight = pipe();
        sample.rttNanos = sampler.latestNanos();
        sample.unacked = send.unacked();
        sample.next = send.next();
        sample.isRecovering = phase != Phase.OPEN;
        sample.isAfterTimeout = phase == Phase.LOSS;
        rate.complete(sample, rtt.minimumNanos());
        if (delivered > 0 || lost > 0) congestion.onAck(sample);
    }

    /** @return false: nothing got through for too long, the connection is to end */
    boolean onTimer(long nowNanos) {
        if (timeoutAt <= nowNanos) return onTimeout(nowNanos);
        if (rack.dueAt() <= nowNanos) onReorderingTimeout(nowNanos);
        if (probe.dueAt() <= nowNanos) probe.fire();
        return true;
    }

    private void onReorderingTimeout(long nowNanos) {
        long lostBefore = segments.lostBytes();
        detect(send.flight() - segments.sackedBytes(), nowNanos);
        rate.onLost(segments.lostBytes() - lostBefore);
        if (isReduced) reduction.onAck(0, pipe(), false, congestion.slowStartThreshold(), send.segmentBytes());
    }

    private boolean onTimeout(long nowNanos) {
        // With a closed window the remote lives while it answers (RFC 9293 §3.8.6.1).
        if (send.window() == 0 && connection.lastReceivedAt >= timedOutAt) patience.renew();
        sampler.onTimeout(timeoutAt, nowNanos);
        patience.spend(rtt.timeoutNanos());
        if (patience.isOver()) return false;
        if (userTimeoutNanos > 0 && timeouts > 0 && patience.exceeds(userTimeoutNanos)) return false;
        timedOutAt = nowNanos;
        boolean repeated = timeouts++ > 0;
        if (repeated || scoreboard.isReneged(send.unacked())) forgetSacks();
        congestion.onTimeout(send.flight(), repeated, nowNanos);
        rtt.backOff();
        giveUpFlight(!repeated, nowNanos);
        spurious.begin(connection.timestamps.isEnabled() && !repeated, !repeated, send.unacked(), send.next());
        return true;
    }

    private void forgetSacks() {
        scoreboard.clear();
        segments.forgetSacks();
    }

    /** @param sparesYoung what was sent within the last round trip may still arrive (RFC 8985 §6.3) */
    private void giveUpFlight(boolean sparesYoung, long nowNanos) {
        departed = 0;
        duplicateAcks = 0;
        long lostBefore = segments.lostBytes();
        for (int i = 0; i < segments.count(); i++)
            if (i == 0 || !sparesYoung || !connection.sackPermitted || rack.isStale(i, nowNanos)) markLost(i);
        rate.onLost(segments.lostBytes() - lostBefore);
        if (!sparesYoung) rack.forgetResent();
        rack.cancel();
        beginPhase(Phase.LOSS);
        restartTimer(nowNanos);
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
        giveUpFlight(false, nowNanos);
        spurious.end();
    }

    /** What is in flight and too big for the path is cut anew, without blaming congestion (RFC 8201 §4). */
    void onSmallerSegments() {
        long lostBefore = segments.lostBytes();
        for (int i = 0; i < segments.count(); i++) if (segments.bytes(i) > connection.payloadBytes()) markLost(i);
        if (segments.lostBytes() == 0) return;
        rate.onLost(segments.lostBytes() - lostBefore);
        departed = 0;
        rack.forgetResent();
        beginPhase(Phase.RECOVERY);
        spurious.end();
    }
}
