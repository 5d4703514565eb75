package dev.sixgate.mesh.udp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sockets with a remote, found by both ends without an allocation. Chained, and grown with what is in it. */
final class FlowTable {
    private static final int FIRST_BUCKETS = 64;

    private @Nullable UdpSocket[] buckets = new UdpSocket[FIRST_BUCKETS];
    private int size;

    int size() {
        return size;
    }

    void add(UdpSocket socket) {
        if (size == buckets.length) grow();
        size++;
        put(socket);
    }

    private void put(UdpSocket socket) {
        int bucket = bucketOf(socket);
        socket.next = buckets[bucket];
        buckets[bucket] = socket;
    }

    private void grow() {
        List<UdpSocket> all = all();
        buckets = new UdpSocket[buckets.length * 2];
        all.forEach(this::put);
    }

    void remove(UdpSocket socket) {
        int bucket = bucketOf(socket);
        UdpSocket before = null;
        for (UdpSocket s = buckets[bucket]; s != null; before = s, s = s.next) {
            if (s != socket) continue;
            if (before == null) buckets[bucket] = s.next;
            else before.next = s.next;
            size--;
            return;
        }
    }

    @Nullable
    UdpSocket find(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        if (size == 0) return null;
        int bucket = bucketOf(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort);
        for (UdpSocket s = buckets[bucket]; s != null; s = s.next)
            if (s.localPort() == localPort
                    && s.remotePort() == remotePort
                    && is(s.remoteAddress(), remoteHigh, remoteLow)
                    && is(s.localAddress(), localHigh, localLow)) return s;
        return null;
    }

    private static boolean is(@Nullable Ipv6Address address, long high, long low) {
        return address != null && address.low() == low && address.high() == high;
    }

    List<UdpSocket> all() {
        List<UdpSocket> all = new ArrayList<>(size);
        for (UdpSocket first : buckets) for (UdpSocket s = first; s != null; s = s.next) all.add(s);
        return all;
    }

    private int bucketOf(UdpSocket socket) {
        Ipv6Address local = socket.localAddress();
        Ipv6Address remote = socket.remoteAddress();
        if (local == null || remote == null) throw new AssertionError("a flow has two ends");
        return bucketOf(
                local.high(), local.low(), socket.localPort(), remote.high(), remote.low(), socket.remotePort());
    }

    /** Local ports are drawn at random, so that what remotes choose cannot fill one bucket. */
    private int bucketOf(
            long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        long mixed = (localHigh ^ remoteHigh) * 0x9e3779b97f4a7c15L
                + (localLow ^ Long.rotateLeft(remoteLow, 32)) * 0xc2b2ae3d27d4eb4fL
                + ((long) localPort << 16 | remotePort) * 0x165667b19e3779f9L;
        mixed ^= mixed >>> 32;
        return (int) (mixed ^ mixed >>> 15) & buckets.length - 1;
    }
}
