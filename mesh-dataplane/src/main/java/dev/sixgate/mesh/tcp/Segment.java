package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import io.netty.buffer.ByteBuf;

/**
 * One arriving segment (RFC 9293 §3.1), read in place. A flyweight: a stack refills its only instance for every packet,
 * so that receiving allocates nothing. Valid while the packet is.
 */
final class Segment {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;
    static final int URG = 32;

    static final int IPV6_HEADER = 40;
    static final int HEADER = 20;
    static final int NEXT_HEADER = 6;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    static final int OPTION_MSS = 2;
    static final int OPTION_WINDOW_SCALE = 3;
    static final int OPTION_SACK_PERMITTED = 4;
    static final int OPTION_SACK = 5;
    static final int OPTION_TIMESTAMPS = 8;
    private static final int MAX_WINDOW_SCALE = 14;

    @SuppressWarnings("NullAway.Init")
    ByteBuf packet;

    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    int sourcePort;
    int destinationPort;
    int sequence;
    int acknowledgment;
    int flags;
    int window;
    int payloadIndex;
    int payloadLength;

    /** -1: absent. */
    int mss;
    /** -1: absent; at most 14 (RFC 7323 §2.3). */
    int windowScale;

    boolean sackPermitted;
    boolean timestamps;
    int timestampValue;
    int timestampEcho;
    int sackCount;
    final int[] sackStart = new int[4];
    final int[] sackEnd = new int[4];

    boolean is(int flag) {
        return (flags & flag) != 0;
    }

    /** What it takes of the sequence space (SEG.LEN). */
    int length() {
        return payloadLength + (flags & FIN) + (flags >>> 1 & 1);
    }

    /**
     * @param packet readerIndex at the IPv6 header; borrowed
     * @return false when it is no TCP segment of a usable shape, or its checksum is wrong
     */
    boolean read(ByteBuf packet, int tcpOffset) {
        int ip = packet.readerIndex();
        int tcp = ip + tcpOffset;
        if (tcpOffset < IPV6_HEADER || packet.readableBytes() < tcpOffset + HEADER) return false;
        int end = ip + IPV6_HEADER + packet.getUnsignedShort(ip + 4);
        if (end > packet.writerIndex() || end - tcp < HEADER) return false;
        int offsetAndFlags = packet.getUnsignedShort(tcp + 12);
        int payload = tcp + (offsetAndFlags >>> 12) * 4;
        if (payload - tcp < HEADER || payload > end) return false;
        this.packet = packet;
        sourceHigh = packet.getLong(ip + 8);
        sourceLow = packet.getLong(ip + 16);
        destinationHigh = packet.getLong(ip + 24);
        destinationLow = packet.getLong(ip + 32);
        if (InternetChecksum.of(
                        sourceHigh, sourceLow, destinationHigh, destinationLow, packet, tcp, end - tcp, NEXT_HEADER)
                != 0) return false;
        sourcePort = packet.getUnsignedShort(tcp);
        destinationPort = packet.getUnsignedShort(tcp + 2);
        sequence = packet.getInt(tcp + 4);
        acknowledgment = packet.getInt(tcp + 8);
        flags = offsetAndFlags & 0x3f;
        window = packet.getUnsignedShort(tcp + 14);
        payloadIndex = payload;
        payloadLength = end - payload;
        readOptions(tcp + HEADER, payload);
        return true;
    }

    /** RFC 9293 §3.1 MUST-6, MUST-7: unknown options are skipped; an impossible length ends the reading. */
    private void readOptions(int index, int end) {
        mss = -1;
        windowScale = -1;
        sackPermitted = false;
        timestamps = false;
        sackCount = 0;
        while (index < end) {
            int kind = packet.getUnsignedByte(index);
            if (kind == OPTION_END) return;
            if (kind == OPTION_NOP) {
                index++;
                continue;
            }
            if (index + 1 >= end) return;
            int length = packet.getUnsignedByte(index + 1);
            if (length < 2 || index + length > end) return;
            readOption(kind, length, index + 2);
            index += length;
        }
    }

    private void readOption(int kind, int length, int value) {
        switch (kind) {
            case OPTION_MSS -> {
                if (length == 4 && is(SYN)) mss = packet.getUnsignedShort(value);
            }
            case OPTION_WINDOW_SCALE -> {
                if (length == 3 && is(SYN)) windowScale = Math.min(packet.getUnsignedByte(value), MAX_WINDOW_SCALE);
            }
            case OPTION_SACK_PERMITTED -> {
                if (length == 2 && is(SYN)) sackPermitted = true;
            }
            case OPTION_SACK -> {
                if ((length - 2) % 8 != 0) return;
                sackCount = Math.min((length - 2) / 8, sackStart.length);
                for (int i = 0; i < sackCount; i++) {
                    sackStart[i] = packet.getInt(value + 8 * i);
                    sackEnd[i] = packet.getInt(value + 8 * i + 4);
                }
            }
            case OPTION_TIMESTAMPS -> {
                if (length != 10) return;
                timestamps = true;
                timestampValue = packet.getInt(value);
                timestampEcho = packet.getInt(value + 4);
            }
            default -> {
                // Unknown options are skipped (RFC 9293 MUST-6).
            }
        }
    }
}
