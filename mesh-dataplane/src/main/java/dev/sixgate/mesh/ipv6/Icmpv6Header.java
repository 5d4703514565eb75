package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;

/** ICMPv6 messages in place (RFC 4443 §2.1). {@code message} is the absolute index of the first byte. */
public final class Icmpv6Header {
    /** Type, code, checksum and four bytes that the type defines. */
    public static final int BYTES = 8;

    public static final int DESTINATION_UNREACHABLE = 1;
    public static final int PACKET_TOO_BIG = 2;
    public static final int TIME_EXCEEDED = 3;
    public static final int PARAMETER_PROBLEM = 4;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;

    /** Codes of {@link #DESTINATION_UNREACHABLE}. */
    public static final int NO_ROUTE = 0;

    /** Communication with the destination administratively prohibited. */
    public static final int PROHIBITED = 1;

    public static final int PORT_UNREACHABLE = 4;

    private static final int CHECKSUM = 2;

    private Icmpv6Header() {}

    public static int type(ByteBuf buffer, int message) {
        return buffer.getUnsignedByte(message);
    }

    public static int code(ByteBuf buffer, int message) {
        return buffer.getUnsignedByte(message + 1);
    }

    /** MTU, pointer, or identifier and sequence number. */
    public static int parameter(ByteBuf buffer, int message) {
        return buffer.getInt(message + 4);
    }

    public static boolean isError(int type) {
        return type < 128;
    }

    /** Writes the 8 bytes with the checksum field zero; {@link #seal} completes it once the body stands. */
    static void write(ByteBuf buffer, int message, int type, int code, int parameter) {
        buffer.setLong(message, (long) type << 56 | (long) code << 48 | parameter & 0xffff_ffffL);
    }

    /** Sets the checksum of the packet at {@code packet} with an ICMPv6 message directly behind its fixed header. */
    static void seal(ByteBuf buffer, int packet, int messageBytes) {
        int message = packet + Ipv6Header.BYTES;
        buffer.setShort(
                message + CHECKSUM, InternetChecksum.of(buffer, packet, message, messageBytes, Ipv6Header.ICMPV6));
    }
}
