package dev.sixgate.mesh.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The peers by when they next need a call: a binary heap. A deadline that moved earlier is told at once; one that moved
 * later, as on every packet, costs nothing until the old one comes, when the peer is asked again.
 */
final class PeerSchedule {
    private static final int ABSENT = -1;

    /** A peer's place; a field of the peer. */
    static final class Slot {
        final WireGuardPeer peer;
        private int index = ABSENT;
        private long wakeAt = WireGuard.NEVER;

        Slot(WireGuardPeer peer) {
            this.peer = peer;
        }
    }

    private @Nullable Slot[] heap = new Slot[16];
    private int size;

    long next() {
        Slot first = heap[0];
        return first == null ? WireGuard.NEVER : first.wakeAt;
    }

    /** Sees to it that the peer is woken at {@code deadline} or before. */
    void wakeBy(Slot slot, long deadline) {
        if (deadline >= slot.wakeAt) return;
        if (slot.index == ABSENT) {
            if (size == heap.length) heap = Arrays.copyOf(heap, 2 * size);
            slot.index = size++;
        }
        slot.wakeAt = deadline;
        siftUp(slot, slot.index);
    }

    /** Takes out a peer whose time has come, or null. */
    @Nullable
    WireGuardPeer pollDue(long nowNanos) {
        Slot first = heap[0];
        if (first == null || first.wakeAt > nowNanos) return null;
        remove(first);
        return first.peer;
    }

    void remove(Slot slot) {
        int hole = slot.index;
        if (hole == ABSENT) return;
        Slot last = heap[--size];
        heap[size] = null;
        slot.index = ABSENT;
        slot.wakeAt = WireGuard.NEVER;
        if (last == slot || last == null) return;
        siftUp(last, hole);
        if (last.index == hole) siftDown(last, hole);
    }

    private void siftUp(Slot slot, int from) {
        int index = from;
        while (index > 0) {
            int parent = (index - 1) / 2;
            Slot above = heap[parent];
            if (above == null || above.wakeAt <= slot.wakeAt) break;
            place(above, index);
            index = parent;
        }
        place(slot, index);
    }

    private void siftDown(Slot slot, int from) {
        int index = from;
        for (int child = 2 * index + 1; child < size; child = 2 * index + 1) {
            Slot below = heap[child];
            Slot right = child + 1 < size ? heap[child + 1] : null;
            if (right != null && below != null && right.wakeAt < below.wakeAt) {
                below = right;
                child++;
            }
            if (below == null || below.wakeAt >= slot.wakeAt) break;
            place(below, index);
            index = child;
        }
        place(slot, index);
    }

    private void place(Slot slot, int index) {
        heap[index] = slot;
        slot.index = index;
    }
}
