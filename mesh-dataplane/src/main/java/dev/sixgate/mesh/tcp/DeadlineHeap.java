package dev.sixgate.mesh.tcp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Who must be woken when. A later deadline costs nothing (the entry stays and is put right when it comes up), an earlier
 * one O(log n): a retransmission timer moves with every acknowledgement.
 */
final class DeadlineHeap {
    /** Something with a deadline; in at most one heap. */
    abstract static class Entry {
        private int heapIndex = -1;
        private long heapDeadline;

        /** {@link TcpStack#NEVER} while there is nothing to wait for. */
        abstract long deadline();
    }

    private static final int INITIAL_CAPACITY = 16;

    private @Nullable Entry[] heap = new Entry[INITIAL_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    /** The entry's deadline may have become earlier. */
    void update(Entry entry) {
        long deadline = entry.deadline();
        if (deadline == TcpStack.NEVER) return;
        if (entry.heapIndex < 0) {
            if (size == heap.length) heap = Arrays.copyOf(heap, 2 * size);
            entry.heapDeadline = deadline;
            place(entry, size++);
            up(entry);
        } else if (deadline < entry.heapDeadline) {
            entry.heapDeadline = deadline;
            up(entry);
        }
    }

    void remove(Entry entry) {
        int index = entry.heapIndex;
        if (index < 0) return;
        entry.heapIndex = -1;
        Entry last = at(--size);
        heap[size] = null;
        if (last == entry) return;
        place(last, index);
        up(last);
        down(last);
    }

    /** The earliest deadline. */
    long next() {
        while (size > 0) {
            Entry first = at(0);
            long deadline = first.deadline();
            if (deadline <= first.heapDeadline) return first.heapDeadline;
            if (deadline == TcpStack.NEVER) {
                remove(first);
            } else {
                first.heapDeadline = deadline;
                down(first);
            }
        }
        return TcpStack.NEVER;
    }

    /** Takes out one entry whose deadline has come, or null. */
    @Nullable
    Entry pollDue(long nowNanos) {
        if (next() > nowNanos || size == 0) return null;
        Entry first = at(0);
        remove(first);
        return first;
    }

    private void up(Entry entry) {
        int index = entry.heapIndex;
        while (index > 0) {
            int parent = (index - 1) >>> 1;
            if (at(parent).heapDeadline <= entry.heapDeadline) break;
            place(at(parent), index);
            index = parent;
        }
        place(entry, index);
    }

    private void down(Entry entry) {
        int index = entry.heapIndex;
        for (int child = 2 * index + 1; child < size; child = 2 * index + 1) {
            if (child + 1 < size && at(child + 1).heapDeadline < at(child).heapDeadline) child++;
            if (at(child).heapDeadline >= entry.heapDeadline) break;
            place(at(child), index);
            index = child;
        }
        place(entry, index);
    }

    private void place(Entry entry, int index) {
        heap[index] = entry;
        entry.heapIndex = index;
    }

    private Entry at(int index) {
        Entry entry = heap[index];
        if (entry == null) throw new AssertionError("the deadline heap has a hole at " + index);
        return entry;
    }
}
