package dev.sixgate.certs.acme;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When to renew, when to try again, and where. Pure; chance is handed in as a number from 0 to 1. */
final class RenewalPlan {
    static final int FAILURES_PER_DIRECTORY = 3;

    private static final Duration SHORT_LIVED = Duration.ofDays(10);
    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
    private static final Duration LAST_RETRY = Duration.ofHours(6);

    /** What a CA suggests (RFC 9773 §4.1). */
    record Window(Instant start, Instant end) {}

    private RenewalPlan() {}

    /**
     * A point of the CA's window; without one at two thirds of a long life and at half of a short one, a little spread so
     * that a fleet does not renew in step. Never after the certificate's end.
     */
    static Instant renewAt(Instant notBefore, Instant notAfter, @Nullable Window window, double chance) {
        if (window != null && window.start().isBefore(window.end())) {
            Instant drawn = window.start().plus(scaled(Duration.between(window.start(), window.end()), chance));
            return drawn.isBefore(notAfter) ? drawn : notAfter;
        }
        Duration life = Duration.between(notBefore, notAfter);
        double share = life.compareTo(SHORT_LIVED) > 0 ? 2 / 3.0 : 0.5;
        return notBefore.plus(scaled(life, share - 0.02 * chance));
    }

    /**
     * One minute, doubling up to six hours, each give or take a fifth.
     *
     * @param failures in a row, at least 1
     */
    static Duration retryAfter(int failures, double chance) {
        Duration delay = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, 9));
        if (delay.compareTo(LAST_RETRY) > 0) delay = LAST_RETRY;
        return scaled(delay, 0.8 + 0.4 * chance);
    }

    /** Which of {@code count} directories to ask after so many failures in a row. */
    static int directory(int failures, int count) {
        return failures / FAILURES_PER_DIRECTORY % count;
    }

    private static Duration scaled(Duration duration, double factor) {
        return Duration.ofMillis((long) (duration.toMillis() * factor));
    }
}
