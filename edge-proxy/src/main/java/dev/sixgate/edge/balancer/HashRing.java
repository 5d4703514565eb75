package dev.sixgate.edge.balancer;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Consistent hashing: each backend stands on a ring at points that its name alone gives, and a key belongs to the next
 * point. A backend that comes or goes moves the keys of its own points and no others.
 */
final class HashRing implements Chooser.OfHash {
    /** Points per backend of mean weight, fewer when {@link #MAX_POINTS} says so. */
    static final int POINTS = 160;

    static final int MAX_POINTS = 1 << 17;

    private final long[] points;
    private final int[] owners;

    /** @param names of the backends, unique */
    HashRing(List<String> names, double[] weights) {
        double mean = Arrays.stream(weights).average().orElse(1);
        int each = Math.max(1, Math.min(POINTS, MAX_POINTS / Math.max(1, names.size())));
        int[] counts = new int[names.size()];
        int total = 0;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = (int) Math.max(1, Math.round(each * weights[i] / mean));
            total += counts[i];
        }
        Point[] ring = new Point[total];
        int at = 0;
        for (int i = 0; i < counts.length; i++) {
            long name = Hash64.with(Hash64.START, names.get(i));
            for (int k = 0; k < counts[i]; k++) ring[at++] = new Point(Hash64.mix(Hash64.with(name, k)), i);
        }
        Arrays.sort(ring, (a, b) -> Long.compareUnsigned(a.at, b.at));
        points = new long[total];
        owners = new int[total];
        for (int i = 0; i < total; i++) {
            points[i] = ring[i].at ^ Long.MIN_VALUE; // so that signed comparison orders them
            owners[i] = ring[i].owner;
        }
    }

    private record Point(long at, int owner) {}

    @Override
    public int choose(long hash, IntPredicate eligible) {
        int found = Arrays.binarySearch(points, hash ^ Long.MIN_VALUE);
        int start = found >= 0 ? found : -found - 1;
        for (int i = 0; i < points.length; i++) {
            int owner = owners[(start + i) % points.length];
            if (eligible.test(owner)) return owner;
        }
        return -1;
    }

    @Override
    public String why() {
        return "the key's place on the ring";
    }

    @Override
    public String whyNot() {
        return "the key belongs to another";
    }
}
