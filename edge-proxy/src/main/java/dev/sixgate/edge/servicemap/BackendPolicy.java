package dev.sixgate.edge.servicemap;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a service uses its backends.
 *
 * @param tryAllWhenUnhealthy whether backends that are known to fail are tried when there is no other
 * @param persistence null: none
 * @param checks a backend must pass each
 * @param outliers null: answers alone eject nobody
 */
public record BackendPolicy(
        LoadBalancing loadBalancing,
        Concurrency concurrency,
        boolean tryAllWhenUnhealthy,
        @Nullable SessionPersistence persistence,
        List<HealthCheck> checks,
        @Nullable OutlierDetection outliers) {
    public static final BackendPolicy DEFAULT =
            new BackendPolicy(LoadBalancing.DEFAULT, Concurrency.UNLIMITED, true, null);

    public BackendPolicy {
        checks = List.copyOf(checks);
    }

    /** Without outlier detection. */
    public BackendPolicy(
            LoadBalancing loadBalancing,
            Concurrency concurrency,
            boolean tryAllWhenUnhealthy,
            @Nullable SessionPersistence persistence,
            List<HealthCheck> checks) {
        this(loadBalancing, concurrency, tryAllWhenUnhealthy, persistence, checks, null);
    }

    /** Without checks. */
    public BackendPolicy(
            LoadBalancing loadBalancing,
            Concurrency concurrency,
            boolean tryAllWhenUnhealthy,
            @Nullable SessionPersistence persistence) {
        this(loadBalancing, concurrency, tryAllWhenUnhealthy, persistence, List.of());
    }
}
