package dev.sixgate.mesh.tcp;

/** Sorted, disjoint, non-touching ranges {@code [start, end)} of sequence numbers, at most a given number of them. */
final class SequenceRanges {
    private static final long[] NONE = {};

    private final int limit;
    private long[] bounds = NONE;
    private int count;
    private long bytes;

    SequenceRanges(int limit) {
        this.limit = limit;
    }

    int count() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    long start(int index) {
        return bounds[2 * index];
    }

    long end(int index) {
        return bounds[2 * index + 1];
    }

    /** The index of the first range that ends after {@code sequence}; {@link #count} when there is none. */
    int firstEndingAfter(long sequence) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) > sequence) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /** The index of the range that holds {@code sequence}, or -1. */
    int indexOf(long sequence) {
        int index = firstEndingAfter(sequence);
        return index < count && start(index) <= sequence ? index : -1;
    }

    /** @return how many sequence numbers are newly covered; 0 also when a new range would exceed the limit */
    long add(long start, long end) {
        if (end <= start) return 0;
        int first = firstEndingAfter(start - 1); // touching ranges merge
        int after = first;
        long known = 0;
        while (after < count && start(after) <= end) {
            known += end(after) - start(after);
            after++;
        }
        if (first == after) {
            if (count == limit) return 0;
            shift(first, 1);
        } else {
            start = Math.min(start, start(first));
            end = Math.max(end, end(after - 1));
            shift(after, first + 1 - after);
        }
        bounds[2 * first] = start;
        bounds[2 * first + 1] = end;
        bytes += end - start - known;
        return end - start - known;
    }

    void removeBelow(long sequence) {
        int first = firstEndingAfter(sequence);
        for (int i = 0; i < first; i++) bytes -= end(i) - start(i);
        if (first > 0) shift(first, -first);
        if (count > 0 && start(0) < sequence) {
            bytes -= sequence - start(0);
            bounds[0] = sequence;
        }
        if (count == 0) bounds = NONE;
    }

    void clear() {
        bounds = NONE;
        count = 0;
        bytes = 0;
    }

    /** Moves the ranges from {@code index} on by {@code by} places. */
    private void shift(int index, int by) {
        if (2 * (count + by) > bounds.length) {
            long[] larger = new long[Math.max(8, 2 * bounds.length)];
            System.arraycopy(bounds, 0, larger, 0, 2 * count);
            bounds = larger;
        }
        System.arraycopy(bounds, 2 * index, bounds, 2 * (index + by), 2 * (count - index));
        count += by;
    }
}
