package dev.sixgate.mesh.sim;

import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import io.netty.buffer.ByteBuf;

/** One inner packet as a line for people. */
final class InnerPacket {
    private static final String[] FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};

    private InnerPacket() {}

    /** Borrows the packet at the absolute index {@code packet}. */
    static String describe(ByteBuf buffer, int packet, int packetBytes) {
        int upper = packet + Ipv6Header.BYTES;
        int upperBytes = packetBytes - Ipv6Header.BYTES;
        int protocol = upperBytes < 0 ? -1 : Ipv6Header.nextHeader(buffer, packet);
        if (protocol == Ipv6Header.TCP && upperBytes >= 20) return tcp(buffer, upper, upperBytes);
        if (protocol == Ipv6Header.UDP && upperBytes >= 8)
            return "UDP " + buffer.getUnsignedShort(upper) + " > " + buffer.getUnsignedShort(upper + 2) + " "
                    + (upperBytes - 8) + " bytes";
        if (protocol == Ipv6Header.ICMPV6 && upperBytes >= Icmpv6Header.BYTES)
            return "ICMPv6 type " + Icmpv6Header.type(buffer, upper) + " code " + Icmpv6Header.code(buffer, upper) + " "
                    + (upperBytes - Icmpv6Header.BYTES) + " bytes";
        return "protocol " + protocol + ", " + packetBytes + " bytes";
    }

    private static String tcp(ByteBuf buffer, int tcp, int tcpBytes) {
        StringBuilder text = new StringBuilder("TCP ");
        text.append(buffer.getUnsignedShort(tcp)).append(" > ").append(buffer.getUnsignedShort(tcp + 2));
        int flags = buffer.getUnsignedByte(tcp + 13);
        for (int i = 0; i < FLAGS.length; i++)
            if ((flags >> i & 1) != 0) text.append(' ').append(FLAGS[i]);
        int headerBytes = (buffer.getUnsignedByte(tcp + 12) >>> 4) * 4;
        text.append(" seq=").append(buffer.getUnsignedInt(tcp + 4));
        text.append(" ack=").append(buffer.getUnsignedInt(tcp + 8));
        text.append(" window=").append(buffer.getUnsignedShort(tcp + 14));
        text.append(" options=").append(headerBytes - 20);
        return text.append(' ').append(tcpBytes - headerBytes).append(" bytes").toString();
    }
}
