package dev.sixgate.edge.health;

import dev.sixgate.edge.servicemap.HealthCheck;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One check of one backend: when the next probe begins, and what the probes so far amount to. Reads no clock; the caller
 * calls {@link #poll} no later than {@link #deadlineNanos} and tells the end of each probe. One thread at a time.
 * <p>A backend passes until it has failed often enough, so that an edge serves from its first moment.
 */
final class CheckState {
    /** What the caller does now. */
    enum Due {
        NOTHING,
        /** Begin a probe; its end is told by {@link #passed} or {@link #failed}, unless time runs out. */
        PROBE,
        /** Give up the probe under way: it has failed. */
        TIMED_OUT
    }

    /** So that many backends are not all asked in the moment that the edge starts. */
    private static final long FIRST_WITHIN_NANOS = 1_000_000_000L;

    private static final int JITTER_PARTS = 10;

    private final HealthCheck check;
    private final RandomGenerator random;
    private final long graceEndsNanos;
    private long nextNanos;
    private long givenUpNanos;
    private boolean probing;
    private boolean everPassed;
    private boolean passing = true;
    private int inARow;
    private @Nullable String lastFailure;

    CheckState(HealthCheck check, RandomGenerator random, long nowNanos) {
        this.check = check;
        this.random = random;
        graceEndsNanos = nowNanos + check.gracePeriod().toNanos();
        nextNanos = nowNanos
                + random.nextLong(Math.min(FIRST_WITHIN_NANOS, check.interval().toNanos()));
    }

    long deadlineNanos() {
        return probing ? givenUpNanos : nextNanos;
    }

    Due poll(long nowNanos) {
        if (nowNanos - deadlineNanos() < 0) return Due.NOTHING;
        if (probing) {
            failed("no answer within " + check.timeout().toMillis() + " ms", nowNanos);
            return Due.TIMED_OUT;
        }
        probing = true;
        givenUpNanos = nowNanos + check.timeout().toNanos();
        long interval = check.interval().toNanos();
        long spread = interval / JITTER_PARTS;
        nextNanos = nowNanos + interval + (spread == 0 ? 0 : random.nextLong(-spread, spread + 1));
        return Due.PROBE;
    }

    void passed() {
        if (!probing) return;
        probing = false;
        everPassed = true;
        count(true, check.healthyThreshold());
    }

    /** @param why in a few words, for operators */
    void failed(String why, long nowNanos) {
        if (!probing) return;
        probing = false;
        if (!everPassed && nowNanos - graceEndsNanos < 0) return;
        lastFailure = why;
        count(false, check.unhealthyThreshold());
    }

    /** Of outcomes against the verdict only an unbroken row overturns it. */
    private void count(boolean well, int threshold) {
        if (well == passing) {
            inARow = 0;
            return;
        }
        if (++inARow < threshold) return;
        passing = well;
        inARow = 0;
    }

    boolean isProbing() {
        return probing;
    }

    /** What is wrong, or null while the backend passes. */
    @Nullable
    String failing() {
        return passing ? null : lastFailure;
    }
}
