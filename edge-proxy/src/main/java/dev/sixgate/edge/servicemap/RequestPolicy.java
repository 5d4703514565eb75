package dev.sixgate.edge.servicemap;

import dev.sixgate.edge.servicemap.HttpRoute.Retry;
import java.time.Duration;

/**
 * How long requests may take and when they are tried again; a route's own word wins over its service's.
 *
 * @param request until the response is complete; zero: no bound
 * @param backendRequest one backend's share of that; zero: no bound
 */
public record RequestPolicy(Duration request, Duration backendRequest, Retry retry) {
    public static final RequestPolicy DEFAULT = new RequestPolicy(Duration.ZERO, Duration.ZERO, Retry.DEFAULT);
}
