package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;

/**
 * The fixed IPv6 header (RFC 8200 §3) in place. {@code packet} is always the absolute index of its first byte; nothing
 * here moves an index, checks a length or makes an object.
 */
public final class Ipv6Header {
    public static final int BYTES = 40;
    /** The smallest MTU every IPv6 link has (RFC 8200 §5). */
    public static final int MIN_MTU = 1280;

    public static final int HOP_LIMIT = 64;

    /** Next header values (the registry of RFC 5237). */
    public static final int HOP_BY_HOP_OPTIONS = 0;

    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int ROUTING = 43;
    public static final int FRAGMENT = 44;
    public static final int ICMPV6 = 58;
    public static final int NO_NEXT_HEADER = 59;
    public static final int DESTINATION_OPTIONS = 60;

    static final int NEXT_HEADER = 6;
    static final int SOURCE = 8;
    static final int DESTINATION = 24;

    private Ipv6Header() {}

    public static int version(ByteBuf buffer, int packet) {
        return buffer.getUnsignedByte(packet) >>> 4;
    }

    /** Bytes behind this header, extension headers included. */
    public static int payloadLength(ByteBuf buffer, int packet) {
        return buffer.getUnsignedShort(packet + 4);
    }

    public static int nextHeader(ByteBuf buffer, int packet) {
        return buffer.getUnsignedByte(packet + NEXT_HEADER);
    }

    public static int hopLimit(ByteBuf buffer, int packet) {
        return buffer.getUnsignedByte(packet + 7);
    }

    public static long sourceHigh(ByteBuf buffer, int packet) {
        return buffer.getLong(packet + SOURCE);
    }

    public static long sourceLow(ByteBuf buffer, int packet) {
        return buffer.getLong(packet + SOURCE + 8);
    }

    public static long destinationHigh(ByteBuf buffer, int packet) {
        return buffer.getLong(packet + DESTINATION);
    }

    public static long destinationLow(ByteBuf buffer, int packet) {
        return buffer.getLong(packet + DESTINATION + 8);
    }

    public static Ipv6Address source(ByteBuf buffer, int packet) {
        return Ipv6Address.read(buffer, packet + SOURCE);
    }

    public static Ipv6Address destination(ByteBuf buffer, int packet) {
        return Ipv6Address.read(buffer, packet + DESTINATION);
    }

    public static boolean isMulticast(long addressHigh) {
        return addressHigh >>> 56 == 0xff;
    }

    /** Writes all 40 bytes, with traffic class and flow label 0 and a hop limit of {@value #HOP_LIMIT}. */
    public static void write(
            ByteBuf buffer,
            int packet,
            int payloadLength,
            int nextHeader,
            Ipv6Address source,
            Ipv6Address destination) {
        buffer.setLong(packet, 6L << 60 | (long) payloadLength << 16 | nextHeader << 8 | HOP_LIMIT);
        source.write(buffer, packet + SOURCE);
        destination.write(buffer, packet + DESTINATION);
    }
}
