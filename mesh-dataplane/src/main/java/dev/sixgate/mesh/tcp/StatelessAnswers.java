package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Segments that no connection sends: RST to strangers, ACK from TIME-WAIT, SYN-ACK with a cookie. Bounded; the oldest are dropped. */
final class StatelessAnswers {
    static final int MAX_PACKETS = 1024;
    private static final int MAX_PACKET_BYTES = Segment.IPV6_HEADER + Segment.HEADER + SegmentWriter.SYN_OPTION_BYTES;

    private final ByteBufAllocator allocator;
    private final SegmentWriter writer;
    private final ArrayDeque<ByteBuf> packets = new ArrayDeque<>();

    StatelessAnswers(ByteBufAllocator allocator, SegmentWriter writer) {
        this.allocator = allocator;
        this.writer = writer;
    }

    /** A whole IPv6 packet, owned by the caller, or null. */
    @Nullable
    ByteBuf poll() {
        return packets.poll();
    }

    /** Answers a segment that belongs to nothing (RFC 9293 §3.10.7.1). */
    void reset(Segment s) {
        if (s.is(Segment.RST)) return;
        ByteBuf answer = allocator.buffer(MAX_PACKET_BYTES);
        if (s.is(Segment.ACK)) writer.writeAnswer(answer, s, s.acknowledgment, 0, Segment.RST, 0);
        else writer.writeAnswer(answer, s, 0, s.sequence + s.length(), Segment.RST | Segment.ACK, 0);
        add(answer);
    }

    /** Repeats the last acknowledgement of a connection in TIME-WAIT. */
    void acknowledge(Segment s, TimeWaitTable timeWait, int slot, long nowNanos) {
        ByteBuf answer = allocator.buffer(MAX_PACKET_BYTES);
        writer.writeAnswer(
                answer,
                s,
                timeWait.sendNext(slot),
                timeWait.receiveNext(slot),
                Segment.ACK,
                timeWait.window(slot),
                timeWait.hasTimestamps(slot),
                Timestamps.ticks(nowNanos) + timeWait.timestampOffset(slot),
                timeWait.recentTimestamp(slot));
        add(answer);
    }

    /**
     * Answers a SYN without keeping anything of it.
     *
     * @param timestamp our TSval, for a remote that offered timestamps; only then are window scaling and SACK answered
     */
    void synAck(Segment s, int cookie, int maxSegment, int receiveBufferBytes, int timestamp) {
        ByteBuf answer = allocator.buffer(MAX_PACKET_BYTES);
        writer.writeCookie(answer, s, cookie, maxSegment, receiveBufferBytes, timestamp);
        add(answer);
    }

    private void add(ByteBuf packet) {
        ByteBuf oldest = packets.size() >= MAX_PACKETS ? packets.poll() : null;
        if (oldest != null) oldest.release();
        packets.add(packet);
    }

    void clear() {
        for (ByteBuf packet = packets.poll(); packet != null; packet = packets.poll()) packet.release();
    }
}
