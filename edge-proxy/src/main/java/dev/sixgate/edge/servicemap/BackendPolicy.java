package dev.sixgate.edge.servicemap;

import org.jspecify.annotations.Nullable;

/**
 * How a service uses its backends.
 *
 * @param tryAllWhenUnhealthy whether backends that are known to fail are tried when there is no other
 * @param persistence null: none
 */
public record BackendPolicy(
        LoadBalancing loadBalancing,
        Concurrency concurrency,
        boolean tryAllWhenUnhealthy,
        @Nullable SessionPersistence persistence) {
    public static final BackendPolicy DEFAULT =
            new BackendPolicy(LoadBalancing.DEFAULT, Concurrency.UNLIMITED, true, null);
}
