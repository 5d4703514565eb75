package dev.sixgate.mesh.ipv6;

/** A rate limit: {@code perSecond} on average, {@code burst} at once. Full at the start. */
final class TokenBucket {
    private final long nanosPerToken;
    private final long capacityNanos;
    private long fullAtNanos;

    TokenBucket(int perSecond, int burst, long nowNanos) {
        this.nanosPerToken = 1_000_000_000L / perSecond;
        this.capacityNanos = nanosPerToken * burst;
        this.fullAtNanos = nowNanos;
    }

    boolean take(long nowNanos) {
        long full = Math.max(fullAtNanos, nowNanos);
        if (full + nanosPerToken - nowNanos > capacityNanos) return false;
        fullAtNanos = full + nanosPerToken;
        return true;
    }
}
