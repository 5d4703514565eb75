package dev.sixgate.edge.balancer;

import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one backend of a service, shared by all snapshots that have it. A failure avoids it for a back-off
 * that doubles from {@link #FIRST_BACKOFF_NANOS} to {@link #LAST_BACKOFF_NANOS}; then one use is let through as a trial.
 * Guarded by the service's lock.
 */
final class BackendState {
    static final long FIRST_BACKOFF_NANOS = 1_000_000_000L;
    static final long LAST_BACKOFF_NANOS = 30 * FIRST_BACKOFF_NANOS;

    /** Whether a backend may be taken; all but the first two are passed over while there is another. */
    enum Standing {
        WORKING,
        /** Its back-off ended: the next use decides. */
        TRIAL_DUE,
        /** A use was let through after the back-off, and its end is awaited. */
        ON_TRIAL,
        AVOIDED,
        EJECTED,
        CHECK_FAILING,
        PEER_UNREACHABLE;

        boolean usable() {
            return this == WORKING || this == TRIAL_DUE;
        }
    }

    private static final long WORKING = 0;
    private static final double LEAST_SHARE = 0.1;

    final AnswerTime answerTime = new AnswerTime();
    int inFlight;
    boolean peerReachable = true;
    private @Nullable String failingCheck;
    /** Of smooth weighted round robin. */
    double turn;

    private final Ejection ejection = new Ejection();
    private int failures;
    private long untilNanos;
    private boolean trial;
    /** {@link #WORKING}, or the number of the failure that stands: a use's outcome counts only under its own. */
    private long mark = WORKING;

    private long lastMark;
    private boolean warm;
    private boolean warming;
    private long warmSinceNanos;

    /** @param warm whether it has its full share at once */
    BackendState(boolean warm) {
        this.warm = warm;
    }

    Standing standing(long nowNanos) {
        if (!peerReachable) return Standing.PEER_UNREACHABLE;
        if (failingCheck != null) return Standing.CHECK_FAILING;
        if (isEjected(nowNanos)) return Standing.EJECTED;
        if (mark == WORKING) return Standing.WORKING;
        if (trial) return Standing.ON_TRIAL;
        return nowNanos - untilNanos >= 0 ? Standing.TRIAL_DUE : Standing.AVOIDED;
    }

    /** Not working, whether or not it would be tried. */
    boolean failing() {
        return mark != WORKING || !peerReachable || failingCheck != null || ejection.stands();
    }

    /** Whether its answers had it ejected; when that is over its slow start begins. */
    boolean isEjected(long nowNanos) {
        boolean stood = ejection.stands();
        boolean ejected = ejection.isEjected(nowNanos);
        if (stood && !ejected) cold();
        return ejected;
    }

    /** By how it answers. */
    Ejection ejection() {
        return ejection;
    }

    /** @param failing what its health check found wrong; null: it passes */
    void checked(@Nullable String failing) {
        if (failing == null && failingCheck != null) cold();
        failingCheck = failing;
    }

    /** What its health check found wrong, or null. */
    @Nullable
    String failingCheck() {
        return failingCheck;
    }

    int failuresInARow() {
        return failures;
    }

    long avoidedForNanos(long nowNanos) {
        return Math.max(0, untilNanos - nowNanos);
    }

    /** @return the mark that the use begins under */
    long begin(long nowNanos) {
        inFlight++;
        if (mark != WORKING && !trial && nowNanos - untilNanos >= 0) {
            trial = true;
            mark = ++lastMark;
        }
        return mark;
    }

    /** @return the mark that the use goes on under */
    long worked(long under) {
        // A success that began before the failure says nothing about what came after.
        if (under == WORKING || under != mark) return WORKING;
        mark = WORKING;
        failures = 0;
        trial = false;
        cold();
        return WORKING;
    }

    void failed(long under, long nowNanos) {
        // Of many uses that fail together only the first counts, or one outage would be doubled to the longest
        // back-off.
        if (under != mark) return;
        failures = Math.min(failures + 1, 16);
        untilNanos = nowNanos + Math.min(FIRST_BACKOFF_NANOS << (failures - 1), LAST_BACKOFF_NANOS);
        trial = false;
        mark = ++lastMark;
    }

    /** Ended without a verdict: the next use may be the trial. */
    void undecided(long under) {
        if (under == mark && trial) {
            trial = false;
            mark = ++lastMark;
        }
    }

    /** Its slow start begins with the next choice. */
    void cold() {
        warm = false;
        warming = false;
    }

    /** @return what part of its weight counts now, up to 1 */
    double warmth(long slowStartNanos, long nowNanos) {
        if (warm || slowStartNanos == 0) return 1;
        if (!warming) warmSinceNanos = nowNanos;
        warming = true;
        double share = (nowNanos - warmSinceNanos) / (double) slowStartNanos;
        if (share >= 1) warm = true;
        return Math.clamp(share, LEAST_SHARE, 1);
    }
}
