package dev.sixgate.k8s.watch;

import java.time.Duration;

/**
 * How patient a watch is.
 *
 * @param coalesce changes that come within this time are published together
 * @param confirm a list that lost more than half is asked for again after this
 * @param watch how long one watch is asked for; the server ends it then, and it is resumed
 * @param absent how long a kind that the cluster does not have is not asked for again
 */
public record WatchTimes(Duration coalesce, Duration confirm, Duration watch, Duration absent) {
    public static final WatchTimes DEFAULT =
            new WatchTimes(Duration.ofMillis(20), Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofMinutes(5));
}
