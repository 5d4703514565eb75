package dev.sixgate.edge.policy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.RateLimit;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Token buckets by whatever a limit's key names, as the generic cell rate algorithm keeps them: one number each, the time at
 * which the bucket will be full again. Any thread. The table is bounded; a bucket that is forgotten is a full one, so that a
 * flood of keys makes the edge generous and not large.
 */
public final class RateLimiter {
    /** Buckets kept at a time, of all limits together. */
    public static final int MAX_BUCKETS = 100_000;

    private static final int MAX_VALUE = 128;

    private final Cache<String, AtomicLong> buckets =
            Caffeine.newBuilder().maximumSize(MAX_BUCKETS).build();

    /**
     * A request, as far as limits look at it.
     *
     * @param path normalised, without query
     */
    public record Request(
            String app, String service, @Nullable String rule, InetAddress client, String path, Headers headers) {}

    /** The request's fields by name. */
    @FunctionalInterface
    public interface Headers {
        @Nullable
        String find(String name);
    }

    /** @param retryAfterNanos until a request of this key would be let through */
    public record Denied(RateLimit limit, long retryAfterNanos) {}

    /**
     * Counts the request against every limit that it falls under, up to the first that denies it.
     *
     * @return null: it may pass
     */
    public @Nullable Denied check(List<RateLimit> limits, Request request, long nowNanos) {
        for (RateLimit limit : limits) {
            if (!matches(limit.path(), request.path())) continue;
            long wait = take(buckets.get(key(limit, request), _ -> new AtomicLong(nowNanos)), limit, nowNanos);
            if (wait > 0) return new Denied(limit, wait);
        }
        return null;
    }

    private static long take(AtomicLong bucket, RateLimit limit, long nowNanos) {
        long most = Long.MAX_VALUE / 4 / limit.intervalNanos(); // decades
        long tolerance = limit.intervalNanos() * Math.min(most, limit.burst() - 1L);
        while (true) {
            long full = bucket.get();
            long from = full - nowNanos > 0 ? full : nowNanos;
            long wait = from - nowNanos - tolerance;
            if (wait > 0) return wait;
            if (bucket.compareAndSet(full, from + limit.intervalNanos())) return 0;
        }
    }

    private static boolean matches(HttpRoute.@Nullable Path path, String asked) {
        if (path == null) return true;
        String wanted = path.value();
        if (path.type() == HttpRoute.PathType.EXACT) return asked.equals(wanted);
        return wanted.equals("/")
                || asked.startsWith(wanted)
                        && (asked.length() == wanted.length() || asked.charAt(wanted.length()) == '/');
    }

    /** Parts are told apart by a character that none of them can hold. */
    private static String key(RateLimit limit, Request request) {
        StringBuilder key = new StringBuilder(request.app()).append('\0');
        if (limit.key().stream().noneMatch(part -> part.kind() == RateLimit.Kind.APP)) key.append(request.service());
        key.append('\0').append(limit.name());
        for (RateLimit.Key part : limit.key()) {
            key.append('\0');
            switch (part.kind()) {
                case CLIENT_IP -> client(key, request.client());
                case HEADER -> value(key, request.headers().find(part.name()));
                case ROUTE -> key.append(request.rule());
                case APP -> {}
            }
        }
        return key.toString();
    }

    private static void client(StringBuilder key, InetAddress client) {
        byte[] bytes = client.getAddress();
        HexFormat.of()
                .formatHex(bytes, 0, client instanceof Inet6Address ? 8 : 4)
                .chars()
                .forEach(c -> key.append((char) c));
    }

    /** What is long is cut, with its length and hash, so that a bucket stays small. */
    private static void value(StringBuilder key, @Nullable String value) {
        if (value == null) key.append('\1');
        else if (value.length() <= MAX_VALUE) key.append(value);
        else
            key.append(value, 0, MAX_VALUE)
                    .append('\1')
                    .append(value.length())
                    .append('\1')
                    .append(value.hashCode());
    }
}
