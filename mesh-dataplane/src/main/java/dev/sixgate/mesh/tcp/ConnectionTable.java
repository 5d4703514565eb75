package dev.sixgate.mesh.tcp;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Connections by four-tuple: open addressing on primitives, so that a lookup per packet allocates nothing. */
final class ConnectionTable {
    private static final int INITIAL_CAPACITY = 64;

    private final long key0;
    private final long key1;
    private @Nullable TcpConnection[] slots = new TcpConnection[INITIAL_CAPACITY];
    private int size;

    /** @param random keys the hash, so that nobody can choose colliding four-tuples */
    ConnectionTable(RandomGenerator random) {
        key0 = random.nextLong() | 1;
        key1 = random.nextLong() | 1;
    }

    int size() {
        return size;
    }

    int capacity() {
        return slots.length;
    }

    /** By slot, for going over all of them; null where there is none. */
    @Nullable
    TcpConnection at(int slot) {
        return slots[slot];
    }

    @Nullable
    TcpConnection find(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        int mask = slots.length - 1;
        for (int i = hash(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort) & mask;
                ;
                i = i + 1 & mask) {
            TcpConnection connection = slots[i];
            if (connection == null
                    || connection.matches(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort))
                return connection;
        }
    }

    void add(TcpConnection connection) {
        if (2 * (size + 1) > slots.length) {
            @Nullable TcpConnection[] old = slots;
            slots = new TcpConnection[2 * old.length];
            for (TcpConnection each : old) if (each != null) insert(each);
        }
        insert(connection);
        size++;
    }

    private void insert(TcpConnection connection) {
        int mask = slots.length - 1;
        int slot = hash(connection) & mask;
        while (slots[slot] != null) slot = slot + 1 & mask;
        slots[slot] = connection;
    }

    void remove(TcpConnection connection) {
        int mask = slots.length - 1;
        int slot = hash(connection) & mask;
        while (slots[slot] != connection) {
            if (slots[slot] == null) throw new AssertionError("a connection that was never added is removed");
            slot = slot + 1 & mask;
        }
        size--;
        // Whoever stands behind the gap and may stand in it moves up, so that no tombstones are needed.
        int gap = slot;
        for (int i = gap + 1 & mask; ; i = i + 1 & mask) {
            TcpConnection next = slots[i];
            if (next == null) break;
            if ((i - hash(next) & mask) < (i - gap & mask)) continue;
            slots[gap] = next;
            gap = i;
        }
        slots[gap] = null;
    }

    private int hash(TcpConnection c) {
        return hash(
                c.localAddress().high(),
                c.localAddress().low(),
                c.localPort(),
                c.remoteAddress().high(),
                c.remoteAddress().low(),
                c.remotePort());
    }

    int hash(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        long remote = fold(remoteHigh ^ key0, remoteLow ^ key1);
        long local = fold(localHigh ^ key1, localLow ^ key0);
        long all = fold(remote ^ ((long) localPort << 16 | remotePort), local ^ key0);
        return (int) (all ^ all >>> 32);
    }

    private static long fold(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }
}
