package dev.sixgate.edge.dns;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many queries a client may ask: an IPv4 address or an IPv6 /64. A fixed table of one number a bucket (generic cell rate
 * algorithm), which strangers may share, so that a flood of invented clients costs no memory. Any thread.
 */
final class ClientBuckets {
    static final int PER_SECOND = 2_000;
    private static final int BUCKETS = 1 << 14;
    private static final long INTERVAL_NANOS = 1_000_000_000L / PER_SECOND;
    private static final long BURST_NANOS = 1_000_000_000L;

    private final AtomicLongArray full = new AtomicLongArray(BUCKETS);
    private final int salt;

    /** @param salt unknown to clients, so that they cannot choose whose bucket they share */
    ClientBuckets(int salt) {
        this.salt = salt;
    }

    boolean take(InetAddress client, long nowNanos) {
        int index = index(client);
        while (true) {
            long known = full.get(index);
            long from = known == 0 || nowNanos - known > 0 ? nowNanos : known;
            if (from - nowNanos > BURST_NANOS) return false;
            if (full.compareAndSet(index, known, from + INTERVAL_NANOS)) return true;
        }
    }

    private int index(InetAddress client) {
        byte[] bytes = client.getAddress();
        int hash = salt;
        for (int i = 0; i < Math.min(8, bytes.length); i++) hash = (hash ^ bytes[i]) * 0x01000193;
        hash ^= hash >>> 15;
        return hash * 0x85ebca6b >>> 32 - 14;
    }
}
