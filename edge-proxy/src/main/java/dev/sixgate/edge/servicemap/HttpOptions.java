package dev.sixgate.edge.servicemap;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Bounds on what a client may ask of us, and how the backend is spoken to.
 *
 * @param headerTimeout from the first byte (or the accept) to the end of a request head
 * @param idleTimeout between two requests, and without progress within one
 * @param maxHeaderBytes request line and fields together
 * @param maxRequests of one connection, which then takes no more; {@code Integer.MAX_VALUE}: no bound
 * @param maxRequestBodyBytes {@code Long.MAX_VALUE}: no bound
 * @param compress whether text is sent in gzip to those who take it
 * @param clientIpHeader a field that tells backends the client's address and nothing else; null: none does
 * @param response what is done to every response; by service, where several share a port
 */
public record HttpOptions(
        Duration headerTimeout,
        Duration idleTimeout,
        int maxHeaderBytes,
        int maxHeaders,
        long maxRequestBodyBytes,
        int maxConcurrentStreams,
        int maxRequests,
        @Nullable String clientIpHeader,
        boolean compress,
        ResponseOptions response) {
    public static final HttpOptions DEFAULT =
            new HttpOptions(Duration.ofSeconds(10), Duration.ofMinutes(10), 64 << 10, 100, Long.MAX_VALUE, 128);

    /** With the defaults of everything else. */
    public HttpOptions(
            Duration headerTimeout,
            Duration idleTimeout,
            int maxHeaderBytes,
            int maxHeaders,
            long maxRequestBodyBytes,
            int maxConcurrentStreams) {
        this(
                headerTimeout,
                idleTimeout,
                maxHeaderBytes,
                maxHeaders,
                maxRequestBodyBytes,
                maxConcurrentStreams,
                Integer.MAX_VALUE,
                null,
                false,
                ResponseOptions.NONE);
    }

    /** What applies before a request has named its host, in which services that share a port agree. */
    public HttpOptions beforeRouting() {
        return new HttpOptions(
                headerTimeout,
                idleTimeout,
                maxHeaderBytes,
                maxHeaders,
                maxRequestBodyBytes,
                maxConcurrentStreams,
                maxRequests,
                clientIpHeader,
                compress,
                ResponseOptions.NONE);
    }
}
