package dev.sixgate.mesh.tcp;

/**
 * What {@link Bbr} knows of the path (draft-ietf-ccwg-bbr §2): its rate and round trip, how much in flight it took and how
 * much it did not, in the long run ({@code hi}) and since the last probe ({@code lo}).
 */
final class BbrModel {
    static final long INFINITE = Long.MAX_VALUE;
    /** §2.6: more than this share lost is too much. */
    static final double LOSS_THRESHOLD = 0.02;

    private static final double BETA = 0.7;
    /** §2.9: how long the lowest round trip counts, and how often it is looked for. */
    private static final long MIN_RTT_WINDOW_NANOS = 10_000_000_000L;

    private static final long PROBE_RTT_INTERVAL_NANOS = 5_000_000_000L;
    private static final int FULL_BANDWIDTH_ROUNDS = 3;
    private static final double FULL_BANDWIDTH_GROWTH = 1.25;

    private long olderMaxRate;
    private long newerMaxRate;
    long lowRate = INFINITE;
    long highInFlight = INFINITE;
    long lowInFlight = INFINITE;

    long minRttNanos = INFINITE;
    private long minRttAt;
    private long probeRttMinNanos = INFINITE;
    private long probeRttMinAt;
    boolean isProbeRttExpired;

    boolean isRoundStart;
    long rounds;
    private long roundEndDelivered;
    private long lossRoundEndDelivered;
    private boolean isLossRoundStart;
    private boolean lostInRound;
    private long latestRate;
    private long latestInFlight;

    private long fullRate;
    private int fullRateRounds;
    boolean isRateFull;
    boolean wasRateFull;

    private long extraAckedAt = Long.MIN_VALUE;
    private long extraAckedDelivered;
    private long extraAcked;
    private long olderExtraAcked;

    long maxRate() {
        return Math.max(olderMaxRate, newerMaxRate);
    }

    /** Bytes per second the path is believed to take. */
    long rate() {
        return Math.min(maxRate(), lowRate);
    }

    /** @param isProbing the state looks for more, so that losses say nothing yet about the short term */
    void update(AckSample sample, boolean isProbing, long window) {
        updateRound(sample);
        long rate = Math.max(sample.deliveryRate, 0);
        latestRate = Math.max(latestRate, rate);
        latestInFlight = Math.max(latestInFlight, sample.delivered - sample.priorDelivered);
        if (rate >= maxRate() || !sample.isAppLimited) newerMaxRate = Math.max(newerMaxRate, rate);
        if (sample.lostBytes > 0) lostInRound = true;
        if (isLossRoundStart && lostInRound && !isProbing) lowerBounds(window);
        if (isLossRoundStart) lostInRound = false;
        updateExtraAcked(sample);
        updateFullRate(sample);
        updateMinRtt(sample);
        if (!isLossRoundStart) return;
        latestRate = rate;
        latestInFlight = sample.delivered - sample.priorDelivered;
    }

    private void updateRound(AckSample sample) {
        isRoundStart = sample.deliveredBytes > 0 && sample.priorDelivered >= roundEndDelivered;
        if (isRoundStart) {
            roundEndDelivered = sample.delivered;
            rounds++;
        }
        isLossRoundStart = sample.deliveredBytes > 0 && sample.priorDelivered >= lossRoundEndDelivered;
        if (isLossRoundStart) lossRoundEndDelivered = sample.delivered;
    }

    /** §4.5.10.3: by what was lost in a round outside of probing. */
    private void lowerBounds(long window) {
        if (lowRate == INFINITE) lowRate = maxRate();
        if (lowInFlight == INFINITE) lowInFlight = window;
        lowRate = Math.max(latestRate, (long) (BETA * lowRate));
        lowInFlight = Math.max(latestInFlight, (long) (BETA * lowInFlight));
    }

    void forgetLowerBounds() {
        lowRate = INFINITE;
        lowInFlight = INFINITE;
    }

    /** A cycle of probing is over: the maximum of the one before last no longer counts (§4.5.2.4). */
    void advanceCycle() {
        if (newerMaxRate == 0) return;
        olderMaxRate = newerMaxRate;
        newerMaxRate = 0;
    }

    /** §4.5.9: more than the rate explains comes at once, from receivers and links that batch. */
    private void updateExtraAcked(AckSample sample) {
        if (isRoundStart && rounds % 10 == 0) {
            olderExtraAcked = extraAcked;
            extraAcked = 0;
        }
        long expected = extraAckedAt == Long.MIN_VALUE ? 0 : (long) (rate() * (sample.nowNanos - extraAckedAt) / 1e9);
        if (extraAckedAt == Long.MIN_VALUE || extraAckedDelivered <= expected) {
            extraAckedDelivered = 0;
            extraAckedAt = sample.nowNanos;
            expected = 0;
        }
        extraAckedDelivered += sample.deliveredBytes;
        extraAcked = Math.max(extraAcked, extraAckedDelivered - expected);
    }

    long extraAcked(long limit) {
        return Math.min(Math.max(extraAcked, olderExtraAcked), limit);
    }

    /** §4.3.1.2: three rounds without a quarter more. */
    private void updateFullRate(AckSample sample) {
        if (isRateFull || !isRoundStart || sample.isAppLimited) return;
        if (maxRate() >= fullRate * FULL_BANDWIDTH_GROWTH) {
            expectGrowth(maxRate());
            return;
        }
        if (++fullRateRounds < FULL_BANDWIDTH_ROUNDS) return;
        isRateFull = true;
        wasRateFull = true;
    }

    /** Whether the rate still grows is judged anew from here. */
    void expectGrowth(long from) {
        fullRate = from;
        fullRateRounds = 0;
        isRateFull = false;
    }

    private void updateMinRtt(AckSample sample) {
        isProbeRttExpired = sample.nowNanos > probeRttMinAt + PROBE_RTT_INTERVAL_NANOS && probeRttMinAt != 0;
        if (sample.rttNanos >= 0 && (sample.rttNanos <= probeRttMinNanos || isProbeRttExpired || probeRttMinAt == 0)) {
            probeRttMinNanos = Math.max(sample.rttNanos, 1);
            probeRttMinAt = sample.nowNanos;
        }
        boolean isExpired = sample.nowNanos > minRttAt + MIN_RTT_WINDOW_NANOS;
        if (probeRttMinNanos < minRttNanos || isExpired) {
            minRttNanos = probeRttMinNanos;
            minRttAt = probeRttMinAt;
        }
    }

    /** The round trip was looked for just now. */
    void probedRtt(long nowNanos) {
        probeRttMinAt = nowNanos;
    }

    boolean isTooLossy(AckSample sample) {
        return sample.lostSinceSent > sample.sentInFlight * LOSS_THRESHOLD;
    }

    /** What fills the path that many times. @return {@code first} while nothing is known */
    long inFlight(double gain, long first, long rate) {
        if (minRttNanos == INFINITE || rate == 0) return first;
        return (long) (gain * rate * (minRttNanos / 1e9));
    }

    /** §4.5.10.2: what was sent was too much. */
    void lowerHigh(AckSample sample, long target) {
        highInFlight = Math.max(sample.sentInFlight, (long) (target * BETA));
    }
}
