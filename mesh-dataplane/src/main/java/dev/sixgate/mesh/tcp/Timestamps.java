package dev.sixgate.mesh.tcp;

/** The timestamps of one connection and the protection they give against old duplicates (RFC 7323 §3 to §5). */
final class Timestamps {
    private static final long NANOS_PER_TICK = 1_000_000;
    /** RFC 7323 §5.5: after this long without a segment the remote's clock may have wrapped. */
    private static final long VALID_NANOS = 24L * 24 * 3600 * 1_000_000_000L;

    private final int offset;
    private boolean enabled;
    private int recent;
    private long recentAt;

    /** @param offset secret per pair of endpoints, the same for each connection between them (§5.4) */
    Timestamps(int offset) {
        this.offset = offset;
    }

    static int ticks(long nowNanos) {
        return (int) Math.floorDiv(nowNanos, NANOS_PER_TICK);
    }

    boolean isEnabled() {
        return enabled;
    }

    int offset() {
        return offset;
    }

    int recent() {
        return recent;
    }

    /** TSval of a segment that leaves now. */
    int value(long nowNanos) {
        return ticks(nowNanos) + offset;
    }

    /** Both sides sent the option with their SYN. */
    void enable(Segment syn, long nowNanos) {
        enabled = true;
        recent = syn.timestampValue;
        recentAt = nowNanos;
    }

    /** PAWS (§5.3 R1). A segment without the option passes: some senders drop it midway. */
    boolean isOld(Segment segment, long nowNanos) {
        return enabled
                && segment.timestamps
                && segment.timestampValue - recent < 0
                && nowNanos - recentAt < VALID_NANOS;
    }

    /** §4.3: remembers what the next acknowledgement must echo. */
    void update(Segment segment, long sequence, long lastAckSent, long nowNanos) {
        if (!enabled || !segment.timestamps || sequence > lastAckSent) return;
        recent = segment.timestampValue;
        recentAt = nowNanos;
    }

    /** Time since we sent the echoed value, or -1 when the echo cannot be ours. */
    long elapsedNanos(Segment segment, long openedAt, long nowNanos) {
        if (!enabled || !segment.timestamps) return -1;
        long ticks = value(nowNanos) - segment.timestampEcho;
        return ticks < 0 || ticks * NANOS_PER_TICK > nowNanos - openedAt + NANOS_PER_TICK
                ? -1
                : Math.max(ticks, 1) * NANOS_PER_TICK;
    }
}
