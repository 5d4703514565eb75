package dev.sixgate.edge.balancer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What is remembered of one backend, shared by all snapshots that have it. A failure avoids it for a back-off that doubles
 * from {@link #FIRST_BACKOFF_NANOS} to {@link #LAST_BACKOFF_NANOS}; then one use is let through as a trial.
 */
final class BackendState {
    static final long FIRST_BACKOFF_NANOS = 1_000_000_000L;
    static final long LAST_BACKOFF_NANOS = 30 * FIRST_BACKOFF_NANOS;

    /**
     * @param failures in a row; 0: working
     * @param untilNanos avoided until then; meaningless while working
     * @param trial a use was let through after the back-off, and its end is awaited
     */
    record Mark(int failures, long untilNanos, boolean trial) {
        static final Mark WORKING = new Mark(0, 0, false);

        boolean working() {
            return failures == 0;
        }

        boolean trialDue(long nowNanos) {
            return failures > 0 && !trial && nowNanos - untilNanos >= 0;
        }
    }

    final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicReference<Mark> mark = new AtomicReference<>(Mark.WORKING);

    Mark mark() {
        return mark.get();
    }

    /** @return the mark that the use begins under: a later outcome counts only while it still stands */
    Mark begin(boolean asTrial, Mark seen) {
        inFlight.incrementAndGet();
        if (!asTrial) return seen;
        Mark trial = new Mark(seen.failures, seen.untilNanos, true);
        return mark.compareAndSet(seen, trial) ? trial : seen;
    }

    void worked(Mark under) {
        // A success that began before the failure says nothing about what came after.
        if (!under.working()) mark.compareAndSet(under, Mark.WORKING);
    }

    void failed(Mark under, long nowNanos) {
        // Of many uses that fail together only the first counts, or one outage would be doubled to the longest
        // back-off.
        int failures = Math.min(under.failures + 1, 16);
        long backoff = Math.min(FIRST_BACKOFF_NANOS << (failures - 1), LAST_BACKOFF_NANOS);
        mark.compareAndSet(under, new Mark(failures, nowNanos + backoff, false));
    }

    /** Ended without a verdict: the next use may be the trial. */
    void undecided(Mark under) {
        if (under.trial) mark.compareAndSet(under, new Mark(under.failures, under.untilNanos, false));
    }
}
