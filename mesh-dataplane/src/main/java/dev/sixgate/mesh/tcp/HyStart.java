package dev.sixgate.mesh.tcp;

/** HyStart++ (RFC 9406): leaves slow start when round trips grow, by way of a slower start that can be taken back. */
final class HyStart {
    private static final long MIN_THRESHOLD_NANOS = 4_000_000;
    private static final long MAX_THRESHOLD_NANOS = 16_000_000;
    private static final int THRESHOLD_DIVISOR = 8;
    private static final int MIN_SAMPLES = 8;
    private static final int CONSERVATIVE_ROUNDS = 5;
    /** How much slower the window grows then. */
    static final int CONSERVATIVE_DIVISOR = 4;

    private static final long NONE = Long.MAX_VALUE;

    private long roundEnd;
    private long lastRoundMin = NONE;
    private long roundMin = NONE;
    private int samples;
    private long baseline = NONE;
    private int conservativeRounds;

    /** Whether it grows by a quarter of slow start only. */
    boolean isConservative() {
        return baseline != NONE;
    }

    /** §4.2. @return whether slow start is over */
    boolean onAck(AckSample sample) {
        if (sample.unacked > roundEnd) {
            roundEnd = sample.next;
            lastRoundMin = roundMin;
            roundMin = NONE;
            samples = 0;
            if (isConservative() && ++conservativeRounds >= CONSERVATIVE_ROUNDS) return true;
        }
        if (sample.rttNanos >= 0) {
            roundMin = Math.min(roundMin, sample.rttNanos);
            samples++;
        }
        if (samples < MIN_SAMPLES || roundMin == NONE || lastRoundMin == NONE) return false;
        if (isConservative()) {
            if (roundMin < baseline) baseline = NONE; // it was jitter
            return false;
        }
        long threshold = Math.clamp(lastRoundMin / THRESHOLD_DIVISOR, MIN_THRESHOLD_NANOS, MAX_THRESHOLD_NANOS);
        if (roundMin >= lastRoundMin + threshold) {
            baseline = roundMin;
            conservativeRounds = 0;
        }
        return false;
    }
}
