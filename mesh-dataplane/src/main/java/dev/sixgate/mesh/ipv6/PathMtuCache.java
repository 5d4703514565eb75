package dev.sixgate.mesh.ipv6;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How large a packet each destination takes (RFC 8201), for the few that take less than the link does. Learned from Packet
 * Too Big, or from a black hole, and searched upward from there by whoever has data to probe with (RFC 8899 §5.3): the
 * link's own size first, then by halving to {@value #STEP_BYTES} bytes. Ten minutes later the search begins anew; what nobody
 * asked about for twice that long is forgotten. Bounded; the oldest makes room.
 */
public final class PathMtuCache {
    public static final int MAX_DESTINATIONS = 4096;

    /** What WireGuard pads to: in between nothing is gained. */
    private static final int STEP_BYTES = 16;
    /** So many probes lost in a row are a size that does not pass (RFC 8899 §5.1.2). */
    private static final int MAX_PROBES = 3;
    /** Between probes of which the last was lost. */
    private static final long PROBE_NANOS = 1_000_000_000L;
    /** RFC 8899 §5.1.1 PMTU_RAISE_TIMER, RFC 8201 §4. */
    private static final long RAISE_NANOS = 600_000_000_000L;

    private static final long FORGET_NANOS = 2 * RAISE_NANOS;

    /** @param mtu bytes of a whole packet that are known to pass */
    public record PathMtu(Ipv6Address destination, int mtu) {}

    private static final class Entry {
        /** The largest known to pass, and the smallest known not to. */
        int passed;

        int refused;
        int lostProbes;
        long nextProbeAt;
        long usedAt;
        /** The last search found it; otherwise it is still searched for. */
        boolean isSettled;
    }

    private final int linkMtu;
    private final Map<Ipv6Address, Entry> entries = new LinkedHashMap<>();
    private int version;

    /** @param linkMtu what no packet exceeds, 1280 or more */
    public PathMtuCache(int linkMtu) {
        this.linkMtu = linkMtu;
    }

    /** Changes with every answer that {@link #mtu} would give differently. */
    public int version() {
        return version;
    }

    /** The largest packet to send there, probes apart. */
    public int mtu(Ipv6Address destination, long nowNanos) {
        if (entries.isEmpty()) return linkMtu;
        Entry entry = find(destination, nowNanos);
        return entry == null ? linkMtu : entry.passed;
    }

    /** The path said so (RFC 8201 §4); less than IPv6's minimum counts as that. */
    public void onTooBig(Ipv6Address destination, int mtu, long nowNanos) {
        int limit = Math.max(mtu, Ipv6Header.MIN_MTU);
        if (limit >= mtu(destination, nowNanos)) return;
        Entry entry = entryOf(destination, nowNanos);
        entry.passed = limit;
        entry.refused = limit + 1;
        settle(entry, nowNanos);
        version++;
    }

    /** Packets of the present size vanish without a word: back to what every path takes (RFC 8899 §4.3). */
    public void onBlackHole(Ipv6Address destination, long nowNanos) {
        if (mtu(destination, nowNanos) == Ipv6Header.MIN_MTU) return;
        Entry entry = entryOf(destination, nowNanos);
        entry.passed = Ipv6Header.MIN_MTU;
        beginSearch(entry, nowNanos);
        version++;
    }

    /**
     * The size of a packet worth sending there to learn whether it passes, or 0. Each answer is to be followed by
     * {@link #onProbePassed} or {@link #onProbeLost}, or nothing is probed for a second.
     *
     * @param present what the asker sends at most now
     */
    public int nextProbe(Ipv6Address destination, int present, long nowNanos) {
        if (present >= linkMtu) return 0;
        Entry entry = find(destination, nowNanos);
        if (entry == null) { // forgotten meanwhile
            entry = entryOf(destination, nowNanos);
            entry.passed = present;
            beginSearch(entry, nowNanos);
        }
        if (nowNanos < entry.nextProbeAt) return 0;
        if (entry.isSettled) beginSearch(entry, nowNanos);
        int size = candidate(entry);
        if (size == 0) settle(entry, nowNanos);
        else entry.nextProbeAt = nowNanos + PROBE_NANOS;
        return size;
    }

    public void onProbePassed(Ipv6Address destination, int bytes, long nowNanos) {
        Entry entry = find(destination, nowNanos);
        if (entry == null || bytes <= entry.passed) return;
        entry.passed = bytes;
        entry.refused = Math.max(entry.refused, bytes + 1);
        entry.lostProbes = 0;
        entry.nextProbeAt = nowNanos;
        if (candidate(entry) == 0) settle(entry, nowNanos);
        version++;
    }

    public void onProbeLost(Ipv6Address destination, int bytes, long nowNanos) {
        Entry entry = find(destination, nowNanos);
        if (entry == null || bytes <= entry.passed || ++entry.lostProbes < MAX_PROBES) return;
        entry.refused = bytes;
        entry.lostProbes = 0;
        if (candidate(entry) == 0) settle(entry, nowNanos);
    }

    /** What is known now, the oldest first. */
    public List<PathMtu> known() {
        return entries.entrySet().stream()
                .map(each -> new PathMtu(each.getKey(), each.getValue().passed))
                .toList();
    }

    private int candidate(Entry entry) {
        if (entry.passed >= linkMtu) return 0;
        if (entry.refused > linkMtu) return linkMtu;
        int middle = (entry.passed + entry.refused) / 2 / STEP_BYTES * STEP_BYTES;
        int next = Math.max(middle, entry.passed / STEP_BYTES * STEP_BYTES + STEP_BYTES);
        return next < entry.refused ? next : 0;
    }

    private void beginSearch(Entry entry, long nowNanos) {
        entry.refused = linkMtu + 1;
        entry.lostProbes = 0;
        entry.nextProbeAt = nowNanos;
        entry.isSettled = false;
    }

    private static void settle(Entry entry, long nowNanos) {
        entry.isSettled = true;
        entry.nextProbeAt = nowNanos + RAISE_NANOS;
    }

    private @Nullable Entry find(Ipv6Address destination, long nowNanos) {
        Entry entry = entries.get(destination);
        if (entry == null) return null;
        if (nowNanos - entry.usedAt > FORGET_NANOS) {
            entries.remove(destination);
            return null;
        }
        entry.usedAt = nowNanos;
        return entry;
    }

    private Entry entryOf(Ipv6Address destination, long nowNanos) {
        if (entries.size() >= MAX_DESTINATIONS && !entries.containsKey(destination)) {
            Iterator<Entry> oldest = entries.values().iterator();
            oldest.next();
            oldest.remove();
        }
        Entry entry = entries.computeIfAbsent(destination, _ -> new Entry());
        entry.usedAt = nowNanos;
        return entry;
    }
}
