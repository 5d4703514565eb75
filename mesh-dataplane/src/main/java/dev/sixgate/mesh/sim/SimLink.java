package dev.sixgate.mesh.sim;

import java.util.random.RandomGenerator;

/** One direction of a path. Decides the fate of each datagram; {@link SimNetwork} carries it out. */
public final class SimLink {
    /** Takes the copies that arrive. */
    interface Arrivals {
        void at(long arrivalNanos, byte[] bytes, boolean isCorrupted);
    }

    private final RandomGenerator random;
    private LinkQuality quality;
    private boolean isUp = true;
    private long sentUntilNanos = Long.MIN_VALUE;
    private long lastArrivalNanos = Long.MIN_VALUE;

    SimLink(RandomGenerator random, LinkQuality quality) {
        this.random = random;
        this.quality = quality;
    }

    public LinkQuality quality() {
        return quality;
    }

    public SimLink quality(LinkQuality newQuality) {
        quality = newQuality;
        return this;
    }

    void up(boolean up) {
        isUp = up;
    }

    /** @return what became of it, for the log */
    String carry(byte[] bytes, long nowNanos, Arrivals arrivals) {
        if (!isUp) return "cut";
        if (quality.mtuBytes() > 0 && bytes.length > quality.mtuBytes()) return "too big";
        if (random.nextDouble() < quality.loss()) return "lost";
        long leavesNanos = nowNanos;
        if (quality.bitsPerSecond() > 0) {
            long begins = Math.max(nowNanos, sentUntilNanos);
            if (begins - nowNanos > quality.queue().toNanos()) return "queue full";
            leavesNanos = begins + bytes.length * 8_000_000_000L / quality.bitsPerSecond();
            sentUntilNanos = leavesNanos;
        }
        boolean isDuplicated = random.nextDouble() < quality.duplicate();
        String fate = arrive(bytes, leavesNanos, arrivals);
        if (isDuplicated) arrive(bytes, leavesNanos, arrivals);
        return isDuplicated ? "twice" : fate;
    }

    private String arrive(byte[] bytes, long leavesNanos, Arrivals arrivals) {
        long min = quality.delayMin().toNanos();
        long max = quality.delayMax().toNanos();
        long arrival = leavesNanos + (max > min ? random.nextLong(min, max + 1) : min);
        boolean isLate = random.nextDouble() < quality.reorder();
        long lateness =
                quality.lateness().isZero() ? 2 * max : quality.lateness().toNanos();
        if (isLate) arrival += random.nextLong(lateness + 1);
        else lastArrivalNanos = arrival = Math.max(arrival, lastArrivalNanos);
        boolean isCorrupted = random.nextDouble() < quality.corrupt();
        arrivals.at(arrival, isCorrupted ? corrupted(bytes) : bytes, isCorrupted);
        return isCorrupted ? "corrupted" : isLate ? "late" : "sent";
    }

    private byte[] corrupted(byte[] bytes) {
        byte[] copy = bytes.clone();
        // Distinct bytes, so that no flip undoes another.
        int step = Math.max(1, copy.length / 3);
        int flips = random.nextInt(1, 4);
        for (int i = 0; i < flips; i++) {
            int from = i * step;
            if (from >= copy.length) break;
            int at = from + random.nextInt(Math.min(step, copy.length - from));
            copy[at] ^= (byte) (1 << random.nextInt(8));
        }
        return copy;
    }
}
