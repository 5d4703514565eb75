package dev.sixgate.edge.balancer;

import dev.sixgate.edge.servicemap.OutlierDetection;

/** What a backend's answers did to its standing (outlier detection). Guarded by the service's lock. */
final class Ejection {
    /** An ejection that comes within as many times the last one counts as its repetition. */
    private static final int MEMORY = 5;

    private static final int MAX_FACTOR = 20;

    private int failuresInARow;
    private int factor;
    private boolean stands;
    private long untilNanos;
    private long lastNanos;

    /**
     * Hears of an answer.
     *
     * @param allowed whether one more backend may be ejected
     * @return whether it is ejected by this
     */
    boolean answered(boolean well, OutlierDetection rule, boolean allowed, long nowNanos) {
        if (well) {
            failuresInARow = 0;
            return false;
        }
        if (++failuresInARow < rule.consecutive5xx() || stands || !allowed) return false;
        boolean again = factor > 0 && nowNanos - untilNanos < MEMORY * lastNanos;
        factor = again ? Math.min(factor + 1, MAX_FACTOR) : 1;
        lastNanos = rule.baseEjectionTime().toNanos() * factor;
        untilNanos = nowNanos + lastNanos;
        stands = true;
        return true;
    }

    /** Perhaps longer than it should: see {@link #isEjected}. */
    boolean stands() {
        return stands;
    }

    /** Ends it when its time is over. */
    boolean isEjected(long nowNanos) {
        if (stands && nowNanos - untilNanos >= 0) {
            stands = false;
            failuresInARow = 0;
        }
        return stands;
    }

    int failuresInARow() {
        return failuresInARow;
    }

    long leftNanos(long nowNanos) {
        return Math.max(0, untilNanos - nowNanos);
    }
}
