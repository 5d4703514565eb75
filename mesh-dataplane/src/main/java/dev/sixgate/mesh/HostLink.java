package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Icmpv6;
import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PacketDrops;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Carries packets between the tunnel and the host's own stack, unchanged: the host is an end of the mesh as we are, not
 * a network behind a router. What the host may send has a source of its own; where it may go, cryptokey routing says.
 */
final class HostLink {
    private final LocalAddresses addresses;
    private final HostStack stack;
    private final LocalAddresses local;
    private final Icmpv6 icmp;
    private final Liveness liveness;
    private final EchoRequests echoes;
    private final Transmitter transmitter;
    private final PacketDrops drops;
    private final int mtu;

    HostLink(
            List<Ipv6Prefix> addresses,
            HostStack stack,
            LocalAddresses local,
            Icmpv6 icmp,
            Liveness liveness,
            EchoRequests echoes,
            Transmitter transmitter,
            PacketDrops drops,
            int mtu) {
        this.addresses = new LocalAddresses(addresses);
        this.stack = stack;
        this.local = local;
        this.icmp = icmp;
        this.liveness = liveness;
        this.echoes = echoes;
        this.transmitter = transmitter;
        this.drops = drops;
        this.mtu = mtu;
    }

    boolean owns(long high, long low) {
        return addresses.contains(high, low);
    }

    /** Takes a packet from the tunnel for an address of the host. */
    void toHost(ByteBuf packet, long ingressNanos) {
        if (isAnswerToProbe(packet, ingressNanos)) packet.release();
        else stack.onPacket(packet);
    }

    /** {@link Liveness} asks between the addresses that the traffic has, and our first address may be the host's. */
    private boolean isAnswerToProbe(ByteBuf packet, long ingressNanos) {
        int start = packet.readerIndex();
        int message = start + Ipv6Header.BYTES;
        int messageBytes = packet.writerIndex() - message;
        return Ipv6Header.nextHeader(packet, start) == Ipv6Header.ICMPV6
                && messageBytes >= Icmpv6Header.BYTES
                && Icmpv6Header.type(packet, message) == Icmpv6Header.ECHO_REPLY
                && InternetChecksum.of(packet, start, message, messageBytes, Ipv6Header.ICMPV6) == 0
                && (liveness.onEchoReply(packet, Ipv6Header.BYTES, ingressNanos)
                        || echoes.onReply(packet, Ipv6Header.BYTES, ingressNanos));
    }

    /** Takes a packet that the host sends. */
    void fromHost(ByteBuf packet, long nowNanos) {
        PacketDropReason refused = check(packet);
        if (refused != null) {
            drops.count(refused);
            packet.release();
            return;
        }
        int start = packet.readerIndex();
        Ipv6Address destination = Ipv6Header.destination(packet, start);
        if (!local.contains(destination) && packet.readableBytes() <= mtu && transmitter.hasPeer(destination)) {
            transmitter.send(packet);
            return;
        }
        // As a router on the way would say; a local service of ours is no neighbour of the host's.
        boolean tooBig = packet.readableBytes() > mtu;
        drops.count(tooBig ? PacketDropReason.TOO_BIG : PacketDropReason.NO_PEER);
        ByteBuf answer = tooBig ? icmp.packetTooBig(packet, mtu, nowNanos) : icmp.noRoute(packet, nowNanos);
        packet.release();
        if (answer != null) stack.onPacket(answer);
    }

    private @Nullable PacketDropReason check(ByteBuf packet) {
        int start = packet.readerIndex();
        if (packet.readableBytes() < Ipv6Header.BYTES) return PacketDropReason.TRUNCATED;
        if (Ipv6Header.version(packet, start) != 6) return PacketDropReason.NOT_IPV6;
        if (Ipv6Header.BYTES + Ipv6Header.payloadLength(packet, start) != packet.readableBytes())
            return PacketDropReason.TRUNCATED;
        if (Ipv6Header.isMulticast(Ipv6Header.destinationHigh(packet, start))) return PacketDropReason.NO_PEER;
        return owns(Ipv6Header.sourceHigh(packet, start), Ipv6Header.sourceLow(packet, start))
                ? null
                : PacketDropReason.BAD_SOURCE;
    }
}
