package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import io.netty.buffer.ByteBuf;

/** Writes whole IPv6 packets with one TCP segment (RFC 8200 §3, RFC 9293 §3.1, RFC 7323 §3.2, RFC 2018 §3). */
final class SegmentWriter {
    static final int TIMESTAMP_BYTES = 12;
    static final int SYN_OPTION_BYTES = 20;
    private static final int SACK_PREFIX = 0x0101_0500;
    private static final int TIMESTAMP_PREFIX = 0x0101_080a;
    private static final int HOP_LIMIT = 64;
    private static final int MAX_BLOCKS = 4;
    private static final int MAX_BLOCKS_WITH_TIMESTAMPS = 3;

    private final long[] blocks = new long[2 * MAX_BLOCKS];

    /** Option bytes of a segment without SYN that leaves now. */
    int optionBytes(TcpConnection c) {
        int count = c.sackPermitted ? c.receive.sackBlockCount(maxBlocks(c)) : 0;
        return c.timestampBytes() + (count == 0 ? 0 : 4 + 8 * count);
    }

    /** A segment of a synchronized connection, with payload from its send buffer. */
    void write(TcpConnection c, ByteBuf target, long sequence, int flags, int payloadLength, long nowNanos) {
        int start = target.writerIndex();
        int tcp = start + Segment.IPV6_HEADER;
        int window = (flags & Segment.RST) != 0 ? 0 : c.receive.windowField();
        int acknowledgment = (flags & Segment.ACK) != 0 ? (int) c.receive.next() : 0;
        target.writerIndex(tcp + Segment.HEADER);
        writeOptions(c, target, flags, nowNanos);
        int header = target.writerIndex() - tcp;
        if (payloadLength > 0) c.send.copyPayload(sequence, payloadLength, target);
        writeTcpHeader(
                target, tcp, c.localPort(), c.remotePort(), (int) sequence, acknowledgment, header, flags, window);
        finish(
                target,
                start,
                c.localAddress().high(),
                c.localAddress().low(),
                c.remoteAddress().high(),
                c.remoteAddress().low());
    }

    private void writeOptions(TcpConnection c, ByteBuf target, int flags, long nowNanos) {
        if ((flags & Segment.RST) != 0) return;
        if (c.timestamps.isEnabled()) writeTimestamps(target, c.timestamps.value(nowNanos), c.timestamps.recent());
        int count = c.sackPermitted ? c.receive.sackBlocks(blocks, maxBlocks(c)) : 0;
        if (count == 0) return;
        target.writeInt(SACK_PREFIX | 2 + 8 * count);
        for (int i = 0; i < 2 * count; i++) target.writeInt((int) blocks[i]);
    }

    private static int maxBlocks(TcpConnection c) {
        return c.timestamps.isEnabled() ? MAX_BLOCKS_WITH_TIMESTAMPS : MAX_BLOCKS;
    }

    /** SYN, or SYN-ACK with what the remote's SYN allows. */
    void writeSyn(TcpConnection c, ByteBuf target, boolean isAnswer, long nowNanos) {
        int start = target.writerIndex();
        int tcp = start + Segment.IPV6_HEADER;
        target.writerIndex(tcp + Segment.HEADER);
        target.writeInt(Segment.OPTION_MSS << 24 | 4 << 16 | c.send.mssToOffer());
        boolean sack = !isAnswer || c.sackPermitted;
        if (!isAnswer || c.timestamps.isEnabled()) {
            target.writeShort(sack ? Segment.OPTION_SACK_PERMITTED << 8 | 2 : 0x0101);
            target.writeShort(TIMESTAMP_PREFIX & 0xffff);
            target.writeInt(c.timestamps.value(nowNanos));
            target.writeInt(isAnswer ? c.timestamps.recent() : 0);
        } else if (sack) {
            target.writeInt(0x0101 << 16 | Segment.OPTION_SACK_PERMITTED << 8 | 2);
        }
        if (!isAnswer || c.windowScaling) writeWindowScale(target, c.receive.windowScale());
        int flags = isAnswer ? Segment.SYN | Segment.ACK : Segment.SYN;
        int acknowledgment = isAnswer ? (int) c.receive.next() : 0;
        int header = target.writerIndex() - tcp;
        if (header > Segment.HEADER + SYN_OPTION_BYTES) throw new AssertionError("SYN options of " + header);
        writeTcpHeader(
                target,
                tcp,
                c.localPort(),
                c.remotePort(),
                (int) c.send.initial(),
                acknowledgment,
                header,
                flags,
                c.receive.synWindowField());
        finish(
                target,
                start,
                c.localAddress().high(),
                c.localAddress().low(),
                c.remoteAddress().high(),
                c.remoteAddress().low());
    }

    /** SYN-ACK of a SYN cookie: the options of {@code syn} that its echo of {@code timestamp} will bring back. */
    void writeCookie(ByteBuf target, Segment syn, int cookie, int maxSegment, int receiveBufferBytes, int timestamp) {
        int start = target.writerIndex();
        int tcp = start + Segment.IPV6_HEADER;
        target.writerIndex(tcp + Segment.HEADER);
        target.writeInt(Segment.OPTION_MSS << 24 | 4 << 16 | maxSegment);
        if (syn.timestamps) {
            target.writeShort(syn.sackPermitted ? Segment.OPTION_SACK_PERMITTED << 8 | 2 : 0x0101);
            target.writeShort(TIMESTAMP_PREFIX & 0xffff);
            target.writeInt(timestamp);
            target.writeInt(syn.timestampValue);
            if (syn.windowScale >= 0) writeWindowScale(target, ReceiveHalf.windowScaleOf(receiveBufferBytes));
        }
        int window = Math.min(receiveBufferBytes, ReceiveHalf.MAX_WINDOW_FIELD);
        int header = target.writerIndex() - tcp;
        int flags = Segment.SYN | Segment.ACK;
        int from = syn.destinationPort;
        writeTcpHeader(target, tcp, from, syn.sourcePort, cookie, syn.sequence + 1, header, flags, window);
        finish(target, start, syn.destinationHigh, syn.destinationLow, syn.sourceHigh, syn.sourceLow);
    }

    private static void writeWindowScale(ByteBuf target, int scale) {
        target.writeInt(0x01 << 24 | Segment.OPTION_WINDOW_SCALE << 16 | 3 << 8 | scale);
    }

    /** An answer to {@code segment} without a connection. */
    void writeAnswer(ByteBuf target, Segment segment, int sequence, int acknowledgment, int flags, int window) {
        writeAnswer(target, segment, sequence, acknowledgment, flags, window, false, 0, 0);
    }

    void writeAnswer(
            ByteBuf target,
            Segment segment,
            int sequence,
            int acknowledgment,
            int flags,
            int window,
            boolean timestamps,
            int timestampValue,
            int timestampEcho) {
        int start = target.writerIndex();
        int tcp = start + Segment.IPV6_HEADER;
        target.writerIndex(tcp + Segment.HEADER);
        if (timestamps) writeTimestamps(target, timestampValue, timestampEcho);
        int header = target.writerIndex() - tcp;
        int from = segment.destinationPort;
        writeTcpHeader(target, tcp, from, segment.sourcePort, sequence, acknowledgment, header, flags, window);
        finish(target, start, segment.destinationHigh, segment.destinationLow, segment.sourceHigh, segment.sourceLow);
    }

    private static void writeTimestamps(ByteBuf target, int value, int echo) {
        target.writeInt(TIMESTAMP_PREFIX);
        target.writeInt(value);
        target.writeInt(echo);
    }

    private static void writeTcpHeader(
            ByteBuf target,
            int tcp,
            int sourcePort,
            int destinationPort,
            int sequence,
            int acknowledgment,
            int header,
            int flags,
            int window) {
        target.setInt(tcp, sourcePort << 16 | destinationPort);
        target.setInt(tcp + 4, sequence);
        target.setInt(tcp + 8, acknowledgment);
        target.setInt(tcp + 12, header / 4 << 28 | flags << 16 | window);
        target.setInt(tcp + 16, 0);
    }

    /** Fills in the IPv6 header and the checksum: everything up to the writer index is one packet. */
    private void finish(
            ByteBuf target, int start, long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        int tcp = start + Segment.IPV6_HEADER;
        int length = target.writerIndex() - tcp;
        target.setInt(start, 6 << 28);
        target.setInt(start + 4, length << 16 | Segment.NEXT_HEADER << 8 | HOP_LIMIT);
        target.setLong(start + 8, sourceHigh);
        target.setLong(start + 16, sourceLow);
        target.setLong(start + 24, destinationHigh);
        target.setLong(start + 32, destinationLow);
        int sum = InternetChecksum.of(
                sourceHigh, sourceLow, destinationHigh, destinationLow, target, tcp, length, Segment.NEXT_HEADER);
        target.setShort(tcp + 16, sum);
    }
}
