package dev.sixgate.edge.policy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests that clients took back before their answer, by IPv4 address or IPv6 /64 over all of their connections: what one
 * connection may not do, many short ones may not either (CVE-2023-44487). Any thread; a client that is forgotten starts anew.
 */
public final class ClientResets {
    /** As many at once; then as many a second. A page that is left cancels what it had asked for, on ten connections perhaps. */
    public static final int BURST = 1000;

    static final int PER_SECOND = 50;
    static final int MAX_CLIENTS = 100_000;

    private static final long COST_NANOS = 1_000_000_000L / PER_SECOND;

    /** When the client's budget will be whole again: the generic cell rate algorithm, in one number. */
    private final Cache<Long, AtomicLong> wholeAt =
            Caffeine.newBuilder().maximumSize(MAX_CLIENTS).build();

    /** Counts one. @return whether the client has taken back more than it may */
    public boolean exceeds(InetAddress client, long nowNanos) {
        AtomicLong at = wholeAt.get(key(client), _ -> new AtomicLong(nowNanos));
        long next = at.updateAndGet(before -> Math.max(before, nowNanos) + COST_NANOS);
        if (next - nowNanos <= BURST * COST_NANOS) return false;
        at.addAndGet(-COST_NANOS); // a refusal costs nothing, or the budget would never come back
        return true;
    }

    private static long key(InetAddress client) {
        byte[] bytes = client.getAddress();
        long key = client instanceof Inet6Address ? 0 : 0xffffL;
        for (int i = 0; i < Math.min(8, bytes.length); i++) key = key << 8 | bytes[i] & 0xff;
        return key;
    }
}
