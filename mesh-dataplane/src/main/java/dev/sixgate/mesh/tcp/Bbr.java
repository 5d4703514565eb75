package dev.sixgate.mesh.tcp;

/**
 * BBR by the rules of its third version (draft-ietf-ccwg-bbr): paces at the rate the path was seen to deliver, keeps about
 * two round trips' worth in flight, and gives way to losses only when they are more than two in a hundred or come with less
 * being delivered. Sections are the draft's.
 */
final class Bbr implements CongestionControl {
    private enum State {
        STARTUP(2.77, 2),
        DRAIN(0.5, 2),
        PROBE_DOWN(0.9, 2),
        PROBE_CRUISE(1, 2),
        PROBE_REFILL(1, 2),
        PROBE_UP(1.25, 2.25),
        PROBE_RTT(1, 0.5);

        final double pacingGain;
        final double windowGain;

        State(double pacingGain, double windowGain) {
            this.pacingGain = pacingGain;
            this.windowGain = windowGain;
        }

        boolean isCycle() {
            return compareTo(PROBE_DOWN) >= 0 && this != PROBE_RTT;
        }

        boolean isProbing() {
            return this == STARTUP || this == PROBE_REFILL || this == PROBE_UP;
        }
    }

    private static final int MIN_SEGMENTS = 4;
    private static final double HEADROOM = 0.15;
    private static final double PACING_MARGIN = 0.99;
    private static final int STARTUP_LOSS_EVENTS = 6;
    private static final long PROBE_RTT_NANOS = 200_000_000L;
    private static final long PROBE_WAIT_NANOS = 2_000_000_000L;
    private static final long PROBE_WAIT_JITTER_NANOS = 1_000_000_000L;
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int MAX_RENO_ROUNDS = 63;

    private final RttEstimator rtt;
    private BbrModel model = new BbrModel();
    private State state = State.STARTUP;
    private int segment;
    private long window;
    private long pacingRate = UNPACED;
    private long windowBefore;
    private long highBefore;
    /** Xorshift; seeded by a secret of the connection. */
    private int chance;

    private int lossEventsInRound;
    private long phaseBeganAt;
    private long probeWaitNanos;
    private long roundsSinceProbe;
    private boolean isProbeSample;
    private boolean isStopping;
    private long upBytes;
    private int upRounds;
    private long probeRttEndsAt;

    Bbr(RttEstimator rtt, int seed) {
        this.rtt = rtt;
        chance = seed | 1;
    }

    @Override
    public long window() {
        return window;
    }

    /** Used by none but statistics: BBR has no threshold. */
    @Override
    public long slowStartThreshold() {
        return Long.MAX_VALUE;
    }

    @Override
    public long pacingRate() {
        return pacingRate;
    }

    @Override
    public boolean leavesRecoveryToRateReduction() {
        return false;
    }

    @Override
    public void onSegmentSize(int bytes) {
        segment = bytes;
        window = window == 0 ? CongestionControl.initialWindow(bytes) : Math.max(window, bytes);
        if (pacingRate == UNPACED && rtt.smoothedNanos() > 0) setPacingRate(window * 1e9 / rtt.smoothedNanos());
    }

    @Override
    public void onSynLost() {
        window = segment;
    }

    @Override
    public void onAck(AckSample sample) {
        model.update(sample, state.isProbing(), window);
        checkStartup(sample);
        if (state == State.DRAIN && sample.inFlight <= target(1)) beginDown(sample.nowNanos);
        if (model.wasRateFull) updateCycle(sample);
        checkProbeRtt(sample);
        if (model.maxRate() > 0) updatePacing();
        updateWindow(sample);
    }

    private void checkStartup(AckSample sample) {
        if (model.isRoundStart) lossEventsInRound = 0;
        if (sample.lostBytes > 0) lossEventsInRound++;
        if (state != State.STARTUP) return;
        // §4.3.1.3: enough separate losses in a round, and too many.
        if (lossEventsInRound >= STARTUP_LOSS_EVENTS && sample.isRecovering && model.isTooLossy(sample)) {
            model.isRateFull = true;
            model.wasRateFull = true;
            model.highInFlight = Math.max(target(1), sample.delivered - sample.priorDelivered);
        }
        if (model.wasRateFull) state = State.DRAIN;
    }

    private void updateCycle(AckSample sample) {
        boundByLoss(sample);
        if (!state.isCycle()) return;
        if (model.isRoundStart) roundsSinceProbe++;
        switch (state) {
            case PROBE_DOWN -> {
                boolean isDrained = sample.inFlight <= withHeadroom() && sample.inFlight <= target(1);
                if (isTimeToProbe(sample.nowNanos)) beginRefill();
                else if (isDrained) begin(State.PROBE_CRUISE, phaseBeganAt);
            }
            case PROBE_CRUISE -> {
                if (isTimeToProbe(sample.nowNanos)) beginRefill();
            }
            case PROBE_REFILL -> {
                if (model.isRoundStart) beginUp(sample.nowNanos);
            }
            case PROBE_UP -> {
                if (sample.isWindowLimited && window >= model.highInFlight) model.expectGrowth(model.maxRate());
                else if (model.isRateFull) beginDown(sample.nowNanos);
            }
            default -> throw new AssertionError("not in the cycle: " + state);
        }
    }

    /** §4.5.10.2: how much in flight is too much, or now safe. */
    private void boundByLoss(AckSample sample) {
        if (isStopping && model.isRoundStart) {
            isStopping = false;
            isProbeSample = false;
            if (state.isCycle() && !sample.isAppLimited) model.advanceCycle();
        }
        if (model.isTooLossy(sample)) {
            if (!isProbeSample) return;
            isProbeSample = false;
            if (!sample.isAppLimited) model.lowerHigh(sample, Math.min(target(1), window));
            if (state == State.PROBE_UP) beginDown(sample.nowNanos);
            return;
        }
        if (model.highInFlight == BbrModel.INFINITE) return;
        model.highInFlight = Math.max(model.highInFlight, sample.sentInFlight);
        if (state == State.PROBE_UP) raiseHigh(sample);
    }

    /** One segment more in the first round, then two, four …: a longer probe dares more. */
    private void raiseHigh(AckSample sample) {
        if (!sample.isWindowLimited || window < model.highInFlight) return;
        if (model.isRoundStart) upRounds = Math.min(upRounds + 1, 30);
        upBytes += sample.deliveredBytes;
        long perSegment = Math.max(window >> Math.min(upRounds, 30), segment);
        long segments = upBytes / perSegment;
        upBytes -= segments * perSegment;
        model.highInFlight += segments * segment;
    }

    private boolean isTimeToProbe(long nowNanos) {
        if (nowNanos - phaseBeganAt > probeWaitNanos) return true;
        // §4.3.3.5.1: as often as Reno would, so that it has its share.
        return roundsSinceProbe >= Math.min(target(1) / segment, MAX_RENO_ROUNDS);
    }

    private void begin(State next, long beganAt) {
        state = next;
        phaseBeganAt = beganAt;
    }

    private void beginDown(long nowNanos) {
        begin(State.PROBE_DOWN, nowNanos);
        isStopping = true;
        upBytes = 0;
        upRounds = 0;
        roundsSinceProbe = random() & 1;
        probeWaitNanos = PROBE_WAIT_NANOS + (random() & 0xffff) * (PROBE_WAIT_JITTER_NANOS >>> 16);
    }

    private void beginRefill() {
        begin(State.PROBE_REFILL, phaseBeganAt);
        model.forgetLowerBounds();
        upRounds = 0;
        upBytes = 0;
        isStopping = false;
    }

    private void beginUp(long nowNanos) {
        begin(State.PROBE_UP, nowNanos);
        isProbeSample = true;
        model.expectGrowth(model.maxRate());
    }

    /** §4.3.4: nothing but a nearly empty path shows its round trip. */
    private void checkProbeRtt(AckSample sample) {
        long now = sample.nowNanos;
        if (state != State.PROBE_RTT) {
            if (!model.isProbeRttExpired || !model.wasRateFull) return;
            begin(State.PROBE_RTT, now);
            windowBefore = Math.max(windowBefore, window);
            probeRttEndsAt = 0;
            return;
        }
        if (probeRttEndsAt == 0) {
            if (sample.inFlight <= probeRttWindow()) probeRttEndsAt = now + PROBE_RTT_NANOS;
            return;
        }
        if (now < probeRttEndsAt) return;
        model.probedRtt(now);
        model.forgetLowerBounds();
        window = Math.max(window, windowBefore);
        windowBefore = 0;
        beginDown(now);
        begin(State.PROBE_CRUISE, now);
    }

    private long probeRttWindow() {
        return Math.max(
                model.inFlight(State.PROBE_RTT.windowGain, window, model.rate()), (long) MIN_SEGMENTS * segment);
    }

    private void updatePacing() {
        double rate = state.pacingGain * model.rate() * PACING_MARGIN;
        if (model.wasRateFull || pacingRate == UNPACED || rate > pacingRate) setPacingRate(rate);
    }

    private void setPacingRate(double bytesPerSecond) {
        double initial = state == State.STARTUP && model.maxRate() == 0 ? state.pacingGain : 1;
        pacingRate = Math.max((long) (initial * bytesPerSecond), segment);
    }

    private void updateWindow(AckSample sample) {
        long most = model.inFlight(state.windowGain, CongestionControl.initialWindow(segment), model.rate());
        if (model.wasRateFull) {
            most += model.extraAcked((long) (model.rate() * (SECOND_NANOS / 10) / 1e9));
            window = Math.min(window + sample.deliveredBytes, Math.max(most, (long) MIN_SEGMENTS * segment));
        } else if (window < most || sample.delivered < CongestionControl.initialWindow(segment)) {
            window += sample.deliveredBytes;
        }
        long cap = BbrModel.INFINITE;
        if (state == State.PROBE_CRUISE || state == State.PROBE_RTT) cap = withHeadroom();
        else if (state.isCycle()) cap = model.highInFlight;
        if (state.isCycle() || state == State.PROBE_RTT || state == State.DRAIN) cap = Math.min(cap, model.lowInFlight);
        if (state == State.PROBE_RTT) cap = Math.min(cap, probeRttWindow());
        window = Math.max(Math.min(window, cap), (long) MIN_SEGMENTS * segment);
    }

    private long withHeadroom() {
        if (model.highInFlight == BbrModel.INFINITE) return BbrModel.INFINITE;
        long headroom = Math.max(segment, (long) (HEADROOM * model.highInFlight));
        return Math.max(model.highInFlight - headroom, (long) MIN_SEGMENTS * segment);
    }

    /** What fills the path, and a train. */
    private long target(double gain) {
        return model.inFlight(gain, CongestionControl.initialWindow(segment), model.maxRate()) + 3L * segment;
    }

    @Override
    public void onLoss(long flight, long nowNanos) {
        windowBefore = Math.max(windowBefore, window);
        highBefore = model.highInFlight;
    }

    @Override
    public void onRecoveryEnd(long nowNanos) {
        if (state == State.PROBE_RTT) return;
        window = Math.max(window, windowBefore);
        windowBefore = 0;
    }

    @Override
    public void onTimeout(long flight, boolean repeated, long nowNanos) {
        if (!repeated) {
            windowBefore = Math.max(windowBefore, window);
            highBefore = model.highInFlight;
        }
        window = segment;
    }

    @Override
    public void onSpurious(long nowNanos) {
        window = Math.max(window, windowBefore);
        model.highInFlight = Math.max(model.highInFlight, highBefore);
        model.forgetLowerBounds();
        if (state == State.STARTUP || state == State.PROBE_UP) model.expectGrowth(0);
    }

    /** §4.4.1: after a pause at the rate of the path; what was learned in another hour is forgotten. */
    @Override
    public void onRestart(boolean isLong, long nowNanos) {
        if (isLong && nowNanos - phaseBeganAt > 60 * SECOND_NANOS && model.wasRateFull) {
            model = new BbrModel();
            state = State.STARTUP;
            pacingRate = UNPACED;
            window = CongestionControl.initialWindow(segment);
            phaseBeganAt = nowNanos;
        } else if (state.isCycle() && model.rate() > 0) {
            setPacingRate(model.rate());
        }
    }

    private int random() {
        chance ^= chance << 13;
        chance ^= chance >>> 17;
        chance ^= chance << 5;
        return chance & Integer.MAX_VALUE;
    }
}
