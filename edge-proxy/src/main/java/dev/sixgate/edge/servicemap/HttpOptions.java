package dev.sixgate.edge.servicemap;

import java.time.Duration;

/**
 * Bounds on what a client may ask of us, and how the backend is spoken to.
 *
 * @param headerTimeout from the first byte (or the accept) to the end of a request head
 * @param idleTimeout between two requests, and without progress within one
 * @param maxHeaderBytes request line and fields together
 * @param maxRequestBodyBytes {@code Long.MAX_VALUE}: no bound
 */
public record HttpOptions(
        Duration headerTimeout,
        Duration idleTimeout,
        int maxHeaderBytes,
        int maxHeaders,
        long maxRequestBodyBytes,
        int maxConcurrentStreams) {
    public static final HttpOptions DEFAULT =
            new HttpOptions(Duration.ofSeconds(10), Duration.ofMinutes(10), 64 << 10, 100, Long.MAX_VALUE, 128);
}
