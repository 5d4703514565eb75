package dev.sixgate.mesh.tcp;

/**
 * How long to go on without an answer (R2 of RFC 9293 §3.8.3). Adds up the time that each attempt was given and does not
 * look at the clock: a machine that slept has not tried.
 */
final class Patience {
    static final long LIMIT_NANOS = 100_000_000_000L;
    private static final int MIN_ATTEMPTS = 6;

    private int attempts;
    private long waitedNanos;

    /** An attempt that was given that long, and maybe much longer by the clock, was in vain. */
    void spend(long nanos) {
        attempts++;
        waitedNanos += nanos;
    }

    /** There was progress, or an answer. */
    void renew() {
        attempts = 0;
        waitedNanos = 0;
    }

    boolean isOver() {
        return attempts > MIN_ATTEMPTS && exceeds(LIMIT_NANOS);
    }

    boolean exceeds(long limitNanos) {
        return waitedNanos >= limitNanos;
    }
}
