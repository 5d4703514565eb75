package dev.sixgate.k8s.watch;

import java.util.random.RandomGenerator;

/** How long to wait after the n-th failure in a row: doubling from 100 ms to 30 s, a quarter more or less by chance. */
final class Backoff {
    private static final long FIRST_MILLIS = 100;
    private static final long MAX_MILLIS = 30_000;
    private static final int MAX_DOUBLINGS = 9;

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    void succeeded() {
        failures = 0;
    }

    /** @param atLeastMillis what the server asked for */
    long failedMillis(long atLeastMillis) {
        long base = Math.min(MAX_MILLIS, FIRST_MILLIS << Math.min(failures++, MAX_DOUBLINGS));
        return Math.max(atLeastMillis, base * 3 / 4 + random.nextLong(base / 2 + 1));
    }
}
