package dev.sixgate.mesh.sim;

import java.time.Duration;

/**
 * How one direction of a path treats datagrams.
 *
 * @param loss share that never arrives, 0 to 1
 * @param duplicate share that arrives twice
 * @param reorder share that takes up to {@code lateness} more and is overtaken; the others stay in order
 * @param corrupt share of which one to three bits are flipped
 * @param delayMin shortest time on the way
 * @param delayMax longest time on the way, reordering and queueing apart
 * @param bitsPerSecond 0: unlimited; otherwise a queue of {@code queue} stands before the path and drops its newest
 * @param queue how long a datagram waits at most before a limited path
 * @param lateness zero: twice the longest delay
 * @param mtuBytes longer datagrams vanish, and nobody is told; 0: none is too long
 */
public record LinkQuality(
        double loss,
        double duplicate,
        double reorder,
        double corrupt,
        Duration delayMin,
        Duration delayMax,
        long bitsPerSecond,
        Duration queue,
        Duration lateness,
        int mtuBytes) {
    public static final LinkQuality CLEAN = new LinkQuality(
            0, 0, 0, 0, Duration.ofMillis(1), Duration.ofMillis(1), 0, Duration.ofMillis(100), Duration.ZERO, 0);

    public LinkQuality {
        requireShare("loss", loss);
        requireShare("duplicate", duplicate);
        requireShare("reorder", reorder);
        requireShare("corrupt", corrupt);
        if (delayMin.isNegative() || delayMax.compareTo(delayMin) < 0)
            throw new IllegalArgumentException("delay " + delayMin + " to " + delayMax + " is not a range");
        if (bitsPerSecond < 0) throw new IllegalArgumentException("rate " + bitsPerSecond + " is negative");
    }

    private static void requireShare(String name, double share) {
        if (!(share >= 0 && share <= 1))
            throw new IllegalArgumentException(name + " " + share + " is not between 0 and 1");
    }

    public LinkQuality withLoss(double share) {
        return new LinkQuality(
                share, duplicate, reorder, corrupt, delayMin, delayMax, bitsPerSecond, queue, lateness, mtuBytes);
    }

    public LinkQuality withDuplicate(double share) {
        return new LinkQuality(
                loss, share, reorder, corrupt, delayMin, delayMax, bitsPerSecond, queue, lateness, mtuBytes);
    }

    public LinkQuality withReorder(double share) {
        return new LinkQuality(
                loss, duplicate, share, corrupt, delayMin, delayMax, bitsPerSecond, queue, lateness, mtuBytes);
    }

    public LinkQuality withCorrupt(double share) {
        return new LinkQuality(
                loss, duplicate, reorder, share, delayMin, delayMax, bitsPerSecond, queue, lateness, mtuBytes);
    }

    public LinkQuality withDelay(Duration min, Duration max) {
        return new LinkQuality(loss, duplicate, reorder, corrupt, min, max, bitsPerSecond, queue, lateness, mtuBytes);
    }

    public LinkQuality withRate(long newBitsPerSecond, Duration newQueue) {
        return new LinkQuality(
                loss, duplicate, reorder, corrupt, delayMin, delayMax, newBitsPerSecond, newQueue, lateness, mtuBytes);
    }

    public LinkQuality withReorder(double share, Duration newLateness) {
        return new LinkQuality(
                loss, duplicate, share, corrupt, delayMin, delayMax, bitsPerSecond, queue, newLateness, mtuBytes);
    }

    public LinkQuality withMtu(int bytes) {
        return new LinkQuality(
                loss, duplicate, reorder, corrupt, delayMin, delayMax, bitsPerSecond, queue, lateness, bytes);
    }
}
