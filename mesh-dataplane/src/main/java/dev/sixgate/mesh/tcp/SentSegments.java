package dev.sixgate.mesh.tcp;

import java.util.Arrays;

/**
 * What is in flight, segment by segment in order of sequence: when each left, and what became of it. A ring of records in
 * one array, one cache line each, so that sending allocates nothing once the array has grown to the window.
 *
 * <p>A segment is on the path, or {@link #SACKED}, or {@link #LOST} and waiting to be sent again; {@link #bytes(int)} of
 * the last two is kept. Indices count from the oldest segment and hold until the next change.
 */
final class SentSegments {
    static final int SACKED = 1;
    static final int LOST = 2;
    /** Sent more than once: its acknowledgement is ambiguous. */
    static final int RESENT = 4;
    /** Sent while the application, not the path, was what limited us. */
    static final int APP_LIMITED = 8;

    /** So many segments in flight at most. */
    static final int MAX = 1 << 16;

    private static final int STRIDE = 8;
    private static final int END = 0;
    private static final int SENT_AT = 1;
    private static final int FLAGS = 2;
    /** From here on {@link DeliveryRate}'s stamps. */
    private static final int STAMPS = 3;

    private static final int FIRST_CAPACITY = 4;
    /** A larger array is let go when nothing is in flight. */
    private static final int KEPT_CAPACITY = 16;

    private static final long[] NONE = {};

    private long[] records = NONE;
    private int head;
    private int count;
    private long start;
    private int sackedCount;
    private long sackedBytes;
    private long lostBytes;

    int count() {
        return count;
    }

    boolean isFull() {
        return count == MAX;
    }

    int sackedCount() {
        return sackedCount;
    }

    long sackedBytes() {
        return sackedBytes;
    }

    long lostBytes() {
        return lostBytes;
    }

    long start(int index) {
        return index == 0 ? start : end(index - 1);
    }

    long end(int index) {
        return records[at(index) + END];
    }

    int bytes(int index) {
        return (int) (end(index) - start(index));
    }

    long sentAt(int index) {
        return records[at(index) + SENT_AT];
    }

    boolean is(int index, int flag) {
        return (records[at(index) + FLAGS] & flag) != 0;
    }

    void set(int index, int flag) {
        records[at(index) + FLAGS] |= flag;
    }

    /** @param field 0 to 4 */
    long stamp(int index, int field) {
        return records[at(index) + STAMPS + field];
    }

    void stamp(int index, int field, long value) {
        records[at(index) + STAMPS + field] = value;
    }

    /** The index of the segment that holds {@code sequence}, or {@link #count} when all end before. */
    int find(long sequence) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) > sequence) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /** A new segment left; it begins where the last one ended. @return its index */
    int append(long from, long to, long nowNanos) {
        if (count == capacity()) grow();
        if (count == 0) start = from;
        int at = at(count);
        records[at + END] = to;
        records[at + SENT_AT] = nowNanos;
        records[at + FLAGS] = 0;
        return count++;
    }

    /** Cuts a segment in two that share all else. */
    void split(int index, long sequence) {
        if (count == capacity()) grow();
        for (int i = count; i > index; i--) System.arraycopy(records, at(i - 1), records, at(i), STRIDE);
        records[at(index) + END] = sequence;
        count++;
        if (is(index, SACKED)) sackedCount++;
    }

    /** Lets a lost segment end later, at the cost of the lost ones behind it; by no more than makes {@code bytes}. */
    void extendLost(int index, int bytes) {
        long wanted = start(index) + bytes;
        while (index + 1 < count && end(index) < wanted && is(index + 1, LOST)) {
            boolean isWhole = end(index + 1) <= wanted;
            records[at(index) + END] = isWhole ? end(index + 1) : wanted;
            if (!isWhole) return;
            count--;
            for (int i = index + 1; i < count; i++) System.arraycopy(records, at(i + 1), records, at(i), STRIDE);
        }
    }

    /** Everything below {@code sequence} is acknowledged; its segments have been looked at. */
    void removeBelow(long sequence) {
        while (count > 0 && start < sequence) {
            long end = Math.min(end(0), sequence);
            long bytes = end - start;
            boolean isWhole = end == end(0);
            if (is(0, SACKED)) {
                sackedBytes -= bytes;
                if (isWhole) sackedCount--;
            } else if (is(0, LOST)) {
                lostBytes -= bytes;
            }
            start = end;
            if (!isWhole) return;
            head = (head + 1) & (capacity() - 1);
            count--;
        }
        if (count > 0 || capacity() <= KEPT_CAPACITY) return;
        records = NONE;
        head = 0;
    }

    void markSacked(int index) {
        if (is(index, LOST)) lostBytes -= bytes(index);
        records[at(index) + FLAGS] = records[at(index) + FLAGS] & ~LOST | SACKED;
        sackedBytes += bytes(index);
        sackedCount++;
    }

    /** Not for one that is SACKed. */
    void markLost(int index) {
        if (is(index, LOST)) return;
        set(index, LOST);
        lostBytes += bytes(index);
    }

    /** On the path, again or after all. */
    void markOnPath(int index) {
        if (!is(index, LOST)) return;
        records[at(index) + FLAGS] &= ~LOST;
        lostBytes -= bytes(index);
    }

    void markResent(int index, long nowNanos) {
        markOnPath(index);
        set(index, RESENT);
        records[at(index) + SENT_AT] = nowNanos;
    }

    /** The remote may have thrown away what it reported (RFC 2018 §8). */
    void forgetSacks() {
        for (int i = 0; sackedCount > 0 && i < count; i++) {
            if (!is(i, SACKED)) continue;
            records[at(i) + FLAGS] &= ~SACKED;
            sackedBytes -= bytes(i);
            sackedCount--;
        }
    }

    void clear() {
        records = NONE;
        head = 0;
        count = 0;
        sackedCount = 0;
        sackedBytes = 0;
        lostBytes = 0;
    }

    private int capacity() {
        return records.length / STRIDE;
    }

    private int at(int index) {
        return ((head + index) & (capacity() - 1)) * STRIDE;
    }

    private void grow() {
        int capacity = Math.max(FIRST_CAPACITY, 2 * capacity());
        int tail = records.length - head * STRIDE;
        long[] larger = Arrays.copyOfRange(records, head * STRIDE, head * STRIDE + capacity * STRIDE);
        System.arraycopy(records, 0, larger, tail, records.length - tail);
        records = larger;
        head = 0;
    }
}
