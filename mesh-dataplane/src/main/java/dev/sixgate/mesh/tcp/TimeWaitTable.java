package dev.sixgate.mesh.tcp;

import java.util.Arrays;

/**
 * Connections in TIME-WAIT (RFC 9293 §3.3.2), 64 bytes each, oldest first out. When full the oldest makes room: that
 * shortens its wait, which only timestamps or luck then cover.
 */
final class TimeWaitTable {
    static final long TIME_WAIT_NANOS = 60_000_000_000L;
    static final int MAX_ENTRIES = 1 << 16;
    /** Timestamps make a port safe to use again once the remote's clock has ticked (RFC 6191 §2). */
    static final long REUSABLE_AFTER_NANOS = 1_000_000_000L;

    private static final int WORDS = 8;
    private static final int INITIAL_CAPACITY = 64;
    private static final int NO_SLOT = -1;
    private static final int HAS_TIMESTAMPS = 1 << 16;

    private final ConnectionTable hashing;
    private final int limit;
    /** A ring of entries of 8 longs: remote, local, ports|rcv.nxt, snd.nxt|ts recent, ts offset|flags|window, expiry. */
    private long[] entries = new long[INITIAL_CAPACITY * WORDS];

    /** Slot + 1 by hash; 0: empty. */
    private int[] index = new int[4 * INITIAL_CAPACITY];

    private int capacity = INITIAL_CAPACITY;
    private int head;
    private int used;
    private int live;

    TimeWaitTable(ConnectionTable hashing, int limit) {
        this.hashing = hashing;
        this.limit = limit;
    }

    int size() {
        return live;
    }

    void add(TcpConnection c, int receiveNext, int sendNext, int window, Timestamps timestamps, long nowNanos) {
        while (used == capacity) {
            if (capacity < limit) grow();
            else dropHead();
        }
        int slot = head + used++ & capacity - 1;
        long[] e = entries;
        int at = slot * WORDS;
        e[at] = c.remoteAddress().high();
        e[at + 1] = c.remoteAddress().low();
        e[at + 2] = c.localAddress().high();
        e[at + 3] = c.localAddress().low();
        e[at + 4] = (long) c.localPort() << 48 | (long) c.remotePort() << 32 | receiveNext & 0xffff_ffffL;
        e[at + 5] = (long) sendNext << 32 | timestamps.recent() & 0xffff_ffffL;
        e[at + 6] = (long) timestamps.offset() << 32 | (timestamps.isEnabled() ? HAS_TIMESTAMPS : 0) | window;
        e[at + 7] = nowNanos + TIME_WAIT_NANOS;
        insert(slot);
        live++;
    }

    /** @return a slot for the methods below, valid until the next change; -1 when there is none */
    int find(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        int mask = index.length - 1;
        int ports = localPort << 16 | remotePort;
        int i = hashing.hash(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort) & mask;
        for (; index[i] != 0; i = i + 1 & mask) {
            int at = (index[i] - 1) * WORDS;
            if (entries[at] == remoteHigh
                    && entries[at + 1] == remoteLow
                    && entries[at + 2] == localHigh
                    && entries[at + 3] == localLow
                    && (int) (entries[at + 4] >>> 32) == ports) return index[i] - 1;
        }
        return NO_SLOT;
    }

    int receiveNext(int slot) {
        return (int) entries[slot * WORDS + 4];
    }

    int sendNext(int slot) {
        return (int) (entries[slot * WORDS + 5] >>> 32);
    }

    int recentTimestamp(int slot) {
        return (int) entries[slot * WORDS + 5];
    }

    boolean hasTimestamps(int slot) {
        return (entries[slot * WORDS + 6] & HAS_TIMESTAMPS) != 0;
    }

    int timestampOffset(int slot) {
        return (int) (entries[slot * WORDS + 6] >>> 32);
    }

    int window(int slot) {
        return (int) entries[slot * WORDS + 6] & 0xffff;
    }

    boolean isReusable(int slot, long nowNanos) {
        return hasTimestamps(slot) && nowNanos - (entries[slot * WORDS + 7] - TIME_WAIT_NANOS) >= REUSABLE_AFTER_NANOS;
    }

    /** The remote's FIN came again: the wait begins anew (RFC 9293 §3.10.7.4, eighth). */
    void restart(int slot, long nowNanos) {
        entries[slot * WORDS + 7] = nowNanos + TIME_WAIT_NANOS;
    }

    void remove(int slot) {
        unlink(slot);
        entries[slot * WORDS + 4] = 0; // no ports: dead, skipped when it comes up
        live--;
        while (used > 0 && isDead(head)) skipHead();
    }

    /** When the next entry, or an older one that was restarted, is due. */
    long nextTimeout() {
        return used == 0 ? TcpStack.NEVER : entries[head * WORDS + 7];
    }

    void onTimeout(long nowNanos) {
        while (used > 0 && nextTimeout() <= nowNanos) dropHead();
    }

    void clear() {
        Arrays.fill(index, 0);
        head = 0;
        used = 0;
        live = 0;
    }

    private boolean isDead(int slot) {
        return entries[slot * WORDS + 4] >>> 32 == 0;
    }

    private void dropHead() {
        remove(head);
    }

    private void skipHead() {
        head = head + 1 & capacity - 1;
        used--;
    }

    private void grow() {
        long[] larger = new long[2 * capacity * WORDS];
        for (int i = 0; i < used; i++)
            System.arraycopy(entries, (head + i & capacity - 1) * WORDS, larger, i * WORDS, WORDS);
        entries = larger;
        capacity *= 2;
        head = 0;
        index = new int[4 * capacity];
        for (int slot = 0; slot < used; slot++) if (!isDead(slot)) insert(slot);
    }

    private void insert(int slot) {
        int mask = index.length - 1;
        int i = hash(slot) & mask;
        while (index[i] != 0) i = i + 1 & mask;
        index[i] = slot + 1;
    }

    private void unlink(int slot) {
        int mask = index.length - 1;
        int gap = hash(slot) & mask;
        while (index[gap] != slot + 1) {
            if (index[gap] == 0) throw new AssertionError("TIME-WAIT entry " + slot + " is not in the index");
            gap = gap + 1 & mask;
        }
        for (int i = gap + 1 & mask; index[i] != 0; i = i + 1 & mask) {
            if ((i - hash(index[i] - 1) & mask) < (i - gap & mask)) continue;
            index[gap] = index[i];
            gap = i;
        }
        index[gap] = 0;
    }

    private int hash(int slot) {
        int at = slot * WORDS;
        int ports = (int) (entries[at + 4] >>> 32);
        return hashing.hash(
                entries[at + 2], entries[at + 3], ports >>> 16, entries[at], entries[at + 1], ports & 0xffff);
    }
}
