package dev.sixgate.mesh.ipv6;

/** A counter per {@link PacketDropReason}. */
public final class PacketDrops {
    private final long[] counts = new long[PacketDropReason.values().length];

    public void count(PacketDropReason reason) {
        counts[reason.ordinal()]++;
    }

    public long of(PacketDropReason reason) {
        return counts[reason.ordinal()];
    }

    /** All of them together. */
    public long total() {
        long total = 0;
        for (long count : counts) total += count;
        return total;
    }
}
