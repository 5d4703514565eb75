package dev.sixgate.mesh.udp;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import io.netty.buffer.ByteBuf;

/** A datagram on its way out. It is ended exactly once, by {@link #writeTo} or {@link #discard}. */
public final class OutboundDatagram {
    private final UdpSocket socket;
    private final Ipv6Address local;
    private final Ipv6Address remote;
    private final int remotePort;
    private final ByteBuf payload;
    private final int packetBytes;

    OutboundDatagram(UdpSocket socket, Ipv6Address local, Ipv6Address remote, int remotePort, ByteBuf payload) {
        this.socket = socket;
        this.local = local;
        this.remote = remote;
        this.remotePort = remotePort;
        this.payload = payload;
        this.packetBytes = UdpStack.OVERHEAD_BYTES + payload.readableBytes();
    }

    public Ipv6Address remote() {
        return remote;
    }

    /** Length of the whole IPv6 packet. */
    public int packetBytes() {
        return packetBytes;
    }

    /** Writes the whole IPv6 packet at the writer index of {@code target} and releases the payload. */
    public void writeTo(ByteBuf target) {
        int packet = target.writerIndex();
        int udp = packet + Ipv6Header.BYTES;
        int udpBytes = packetBytes - Ipv6Header.BYTES;
        Ipv6Header.write(target, packet, udpBytes, Ipv6Header.UDP, local, remote);
        target.setShort(udp, socket.localPort());
        target.setShort(udp + 2, remotePort);
        target.setInt(udp + 4, udpBytes << 16);
        target.writerIndex(packet + UdpStack.OVERHEAD_BYTES).writeBytes(payload);
        int checksum = InternetChecksum.of(target, packet, udp, udpBytes, Ipv6Header.UDP);
        target.setShort(udp + 6, checksum == 0 ? 0xffff : checksum); // RFC 8200 §8.1: zero would mean "none"
        discard();
    }

    /** Releases the payload; it is not sent. */
    public void discard() {
        payload.release();
        socket.onLeft(packetBytes);
    }
}
