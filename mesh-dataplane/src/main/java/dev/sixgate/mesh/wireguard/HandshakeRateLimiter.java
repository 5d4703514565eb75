package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Under load, how many handshake messages one proven source may cost us: {@value #PER_SECOND} a second and {@value #BURST}
 * at once, for each IPv4 address and each IPv6 /64. Remembers the latest {@value #SOURCES_MAX} sources.
 */
final class HandshakeRateLimiter {
    static final int PER_SECOND = 20;
    static final int BURST = 5;
    static final int SOURCES_MAX = 8192;
    private static final long COST_NANOS = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    private static final long BUCKET_NANOS = BURST * COST_NANOS;

    private final Map<Source, Bucket> buckets = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Source, Bucket> eldest) {
            return size() > SOURCES_MAX;
        }
    };

    private record Source(int addressBytes, long bits) {}

    private static final class Bucket {
        long nanos = BUCKET_NANOS;
        long filledNanos;
    }

    boolean admits(InetSocketAddress source, long nowNanos) {
        byte[] address = source.getAddress().getAddress();
        ByteBuffer bytes = ByteBuffer.wrap(address);
        Source key = new Source(address.length, address.length == 4 ? bytes.getInt() : bytes.getLong());
        Bucket bucket = buckets.get(key);
        if (bucket == null) {
            bucket = new Bucket();
            buckets.put(key, bucket);
        } else {
            bucket.nanos = Math.min(BUCKET_NANOS, bucket.nanos + (nowNanos - bucket.filledNanos));
        }
        bucket.filledNanos = nowNanos;
        if (bucket.nanos < COST_NANOS) return false;
        bucket.nanos -= COST_NANOS;
        return true;
    }

    int size() {
        return buckets.size();
    }
}
