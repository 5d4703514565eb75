package dev.sixgate.edge.servicemap;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Port and host name to what was decided for them, through a bounded Caffeine cache in front of the host index. What finds
 * nothing is kept apart, so that a flood of invented names pushes out no real one. Any thread; readers never wait.
 *
 * @param <D> the decision; immutable
 */
public final class ServiceMap<D> {
    /** Characters of cached host names, an entry's own size counted as 64 of them. */
    static final long MAX_FOUND_WEIGHT = 4L << 20;

    static final long MAX_MISSING_WEIGHT = 1L << 20;
    private static final int ENTRY_WEIGHT = 64;

    /** Decides anew; called on a miss, on the thread that asked. */
    public interface Decide<D> {
        /** @param rules null when no service has this port */
        D decide(HostIndex.@Nullable PortRules rules, String host);
    }

    private record Key(int port, String host) {}

    /** One generation: a decision made from an old index cannot land in the cache of a new one. */
    private record Generation<D>(HostIndex index, Cache<Key, D> found, Cache<Key, D> missing) {}

    private final Decide<D> decide;
    private final Predicate<D> isFound;
    private volatile Generation<D> current;

    /** @param isFound whether a decision goes to an app, which chooses the cache that it is kept in */
    public ServiceMap(Decide<D> decide, Predicate<D> isFound) {
        this.decide = decide;
        this.isFound = isFound;
        this.current = generation(HostIndex.of(List.of()));
    }

    /** Replaces every app at once; who holds an older decision keeps its units. */
    public void replace(List<App> apps) {
        replace(HostIndex.of(apps));
    }

    /** As {@link #replace(List)}, with another view of the apps. */
    public void replace(HostIndex index) {
        current = generation(index);
    }

    public HostIndex index() {
        return current.index;
    }

    /** @param host lower case, without port and trailing dot; empty when the client named none */
    public D find(int port, String host) {
        Generation<D> now = current;
        HostIndex.PortRules rules = now.index.port(port);
        if (rules == null || host.length() > HostIndex.MAX_HOST_LENGTH) return decide.decide(rules, host);
        Key key = new Key(port, host);
        D known = now.found.getIfPresent(key);
        if (known == null) known = now.missing.getIfPresent(key);
        if (known != null) return known;
        D decision = decide.decide(rules, host);
        (isFound.test(decision) ? now.found : now.missing).put(key, decision);
        return decision;
    }

    /** Entries held now, found and missing together; at most what the two weights allow. */
    public long cachedEntries() {
        Generation<D> now = current;
        now.found.cleanUp();
        now.missing.cleanUp();
        return now.found.estimatedSize() + now.missing.estimatedSize();
    }

    private static <D> Generation<D> generation(HostIndex index) {
        return new Generation<>(index, cache(MAX_FOUND_WEIGHT), cache(MAX_MISSING_WEIGHT));
    }

    private static <D> Cache<Key, D> cache(long maxWeight) {
        // On the caller's own thread: handing the little upkeep to another would cost a wake-up.
        return Caffeine.newBuilder()
                .maximumWeight(maxWeight)
                .weigher((Key key, D _) -> ENTRY_WEIGHT + key.host.length())
                .executor(Runnable::run)
                .build();
    }
}
