package dev.sixgate.edge.servicemap;

import java.time.Duration;

/**
 * How much a backend of a service is given at once: requests, or connections where bytes are passed on raw.
 *
 * @param softLimit others are taken first from here on; {@link #NO_LIMIT}: none
 * @param hardLimit never more; {@link #NO_LIMIT}: none
 * @param queueMax requests of the service that may wait while every backend is at its hard limit
 * @param queueTimeout one of them waits no longer
 */
public record Concurrency(int softLimit, int hardLimit, int queueMax, Duration queueTimeout) {
    public static final int NO_LIMIT = Integer.MAX_VALUE;
    public static final int DEFAULT_QUEUE = 500;
    public static final Duration DEFAULT_QUEUE_TIMEOUT = Duration.ofSeconds(2);
    public static final Concurrency UNLIMITED =
            new Concurrency(NO_LIMIT, NO_LIMIT, DEFAULT_QUEUE, DEFAULT_QUEUE_TIMEOUT);

    public Concurrency {
        softLimit = Math.min(softLimit, hardLimit); // a hard limit alone is a soft one too
    }
}
