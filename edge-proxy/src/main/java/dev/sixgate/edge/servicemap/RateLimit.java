package dev.sixgate.edge.servicemap;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often requests with something in common may come.
 *
 * @param name unique in the service
 * @param key what they have in common; empty: all requests of the service together
 * @param path those it counts; null: all
 * @param intervalNanos between two requests that come evenly
 * @param burst how many may come at once after a rest
 */
public record RateLimit(String name, List<Key> key, HttpRoute.@Nullable Path path, long intervalNanos, int burst) {
    public RateLimit {
        key = List.copyOf(key);
        if (intervalNanos <= 0 || burst <= 0) throw new IllegalArgumentException("a rate limit lets something through");
    }

    /** @param name of the header, else empty */
    public record Key(Kind kind, String name) {}

    /** What a key may be made of. */
    public enum Kind {
        /** IPv4 addresses one by one, IPv6 addresses by /64: that is what one client has. */
        CLIENT_IP,
        HEADER,
        ROUTE,
        /** All services of the app that have a limit of this name. */
        APP
    }
}
