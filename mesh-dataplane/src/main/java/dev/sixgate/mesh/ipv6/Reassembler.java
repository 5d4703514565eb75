package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts fragments together again (RFC 8200 §4.5). Fragments that overlap end their packet (RFC 5722), one that comes twice is
 * ignored. At most {@value #MAX_PACKETS} packets are open at a time, the oldest making room, each of at most
 * {@value #MAX_FRAGMENTS} fragments and for 60 seconds; so hostile fragments cost 64 KiB each and nothing else. One thread.
 */
public final class Reassembler {
    public static final int MAX_PACKETS = 32;
    public static final int MAX_FRAGMENTS = 128;

    static final long TIMEOUT_NANOS = 60_000_000_000L;
    private static final long NEVER = Long.MAX_VALUE;
    private static final int MAX_PAYLOAD = 65_535;

    private record Key(Ipv6Address source, Ipv6Address destination, int identification) {}

    private final ByteBufAllocator allocator;
    private final PacketDrops drops;
    /** The oldest first: all wait equally long. */
    private final Map<Key, Partial> open = new LinkedHashMap<>();

    public Reassembler(ByteBufAllocator allocator, PacketDrops drops) {
        this.allocator = allocator;
        this.drops = drops;
    }

    /** What is known of one packet; {@code payload} is written at the fragments' offsets. */
    private static final class Partial {
        private final ByteBuf payload;
        private final long expiresAt;
        /** Disjoint, in order: where each begins and ends, in bytes of the payload. */
        private final List<int[]> ranges = new ArrayList<>(4);

        private @Nullable ByteBuf head;
        private int received;
        private int total = -1;

        Partial(ByteBuf payload, long expiresAt) {
            this.payload = payload;
            this.expiresAt = expiresAt;
        }

        void release() {
            payload.release();
            if (head != null) head.release();
        }
    }

    /**
     * Takes one fragment, which is borrowed.
     *
     * @param chain just refused the packet as {@link PacketDropReason#FRAGMENT}
     * @return the whole packet, owned by the caller, when this was the last that was missing; else null
     */
    public @Nullable ByteBuf onFragment(ByteBuf packet, HeaderChain chain, long nowNanos) {
        int start = packet.readerIndex();
        int fragment = start + chain.offset();
        int field = packet.getUnsignedShort(fragment + 2);
        int from = field & 0xfff8;
        boolean more = (field & 1) != 0;
        int length = packet.writerIndex() - fragment - 8;
        int to = from + length;
        int headBytes = chain.offset() - Ipv6Header.BYTES;
        if (length == 0 || more && length % 8 != 0 || headBytes + to > MAX_PAYLOAD) {
            drops.count(PacketDropReason.FRAGMENT_MALFORMED);
            return null;
        }
        Key key = new Key(
                Ipv6Header.source(packet, start), Ipv6Header.destination(packet, start), packet.getInt(fragment + 4));
        Partial partial = open.get(key);
        if (partial == null) partial = begin(key, nowNanos);
        PacketDropReason refused = add(partial, from, to, more);
        if (refused != null) {
            drop(key, refused);
            return null;
        }
        if (to > partial.payload.capacity())
            partial.payload.capacity(Math.min(MAX_PAYLOAD, Math.max(to, 2 * partial.payload.capacity())));
        partial.payload.setBytes(from, packet, fragment + 8, length);
        if (from == 0 && partial.head == null) partial.head = head(packet, start, fragment, chain);
        if (partial.received != partial.total) return null;
        open.remove(key);
        return whole(partial);
    }

    private Partial begin(Key key, long nowNanos) {
        if (open.size() == MAX_PACKETS) drop(open.keySet().iterator().next(), PacketDropReason.FRAGMENT_NO_ROOM);
        Partial partial = new Partial(allocator.buffer(2048, MAX_PAYLOAD), nowNanos + TIMEOUT_NANOS);
        open.put(key, partial);
        return partial;
    }

    /** @return why the whole packet is to be dropped, or null; a repeated range changes nothing */
    private static @Nullable PacketDropReason add(Partial partial, int from, int to, boolean more) {
        int at = 0;
        while (at < partial.ranges.size() && partial.ranges.get(at)[0] < from) at++;
        if (at < partial.ranges.size()) {
            int[] next = partial.ranges.get(at);
            if (next[0] == from && next[1] == to) return null;
            if (to > next[0]) return PacketDropReason.FRAGMENT_OVERLAP;
        }
        if (at > 0 && partial.ranges.get(at - 1)[1] > from) return PacketDropReason.FRAGMENT_OVERLAP;
        if (partial.ranges.size() == MAX_FRAGMENTS) return PacketDropReason.FRAGMENT_NO_ROOM;
        boolean isLast = at == partial.ranges.size();
        if (!more) {
            if (partial.total >= 0 || !isLast)
                return PacketDropReason.FRAGMENT_MALFORMED; // two ends, or bytes behind the end
            partial.total = to;
        } else if (partial.total >= 0 && to > partial.total) {
            return PacketDropReason.FRAGMENT_MALFORMED;
        }
        partial.ranges.add(at, new int[] {from, to});
        partial.received += to - from;
        return null;
    }

    /** The headers of every fragment, as the first has them, without the fragment header. */
    private ByteBuf head(ByteBuf packet, int start, int fragment, HeaderChain chain) {
        ByteBuf head = allocator.buffer(fragment - start, fragment - start);
        head.writeBytes(packet, start, fragment - start);
        head.setByte(chain.fragmentNamedAt(), packet.getUnsignedByte(fragment));
        return head;
    }

    private ByteBuf whole(Partial partial) {
        ByteBuf head = partial.head;
        if (head == null) throw new AssertionError("a packet is whole without its first fragment");
        try {
            ByteBuf whole = allocator.buffer(head.readableBytes() + partial.total);
            whole.writeBytes(head, head.readerIndex(), head.readableBytes());
            whole.writeBytes(partial.payload, 0, partial.total);
            whole.setShort(4, whole.readableBytes() - Ipv6Header.BYTES);
            return whole;
        } finally {
            partial.release();
        }
    }

    private void drop(Key key, PacketDropReason reason) {
        Partial partial = open.remove(key);
        if (partial == null) return;
        drops.count(reason);
        partial.release();
    }

    public void onTimeout(long nowNanos) {
        for (Iterator<Partial> all = open.values().iterator(); all.hasNext(); ) {
            Partial oldest = all.next();
            if (oldest.expiresAt > nowNanos) return;
            all.remove();
            drops.count(PacketDropReason.FRAGMENT_TIMEOUT);
            oldest.release();
        }
    }

    /** When {@link #onTimeout} is due; {@link Long#MAX_VALUE} while nothing is open. */
    public long nextTimeout() {
        return open.isEmpty() ? NEVER : open.values().iterator().next().expiresAt;
    }

    /** Releases what is open. */
    public void close() {
        open.values().forEach(Partial::release);
        open.clear();
    }
}
