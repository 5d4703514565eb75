package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.HeaderChain;
import dev.sixgate.mesh.ipv6.Icmpv6;
import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PacketDrops;
import dev.sixgate.mesh.ipv6.Reassembler;
import dev.sixgate.mesh.tcp.TcpStack;
import dev.sixgate.mesh.udp.UdpStack;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends a decrypted packet to whom it concerns: TCP, UDP or ICMPv6. Whatever it cannot use it drops with a reason, and
 * answers where RFC 4443 asks for it.
 */
final class Inbound {
    private final LocalAddresses local;
    private final TcpStack tcp;
    private final UdpStack udp;
    private final Icmpv6 icmp;
    private final EchoRequests echoes;
    private final Liveness liveness;
    private final Transmitter transmitter;
    private final PacketDrops drops;
    private final HeaderChain chain = new HeaderChain();
    private final Reassembler reassembler;

    /** The mesh's; null while the host has no address in it. */
    @Nullable
    HostLink host;

    Inbound(
            LocalAddresses local,
            TcpStack tcp,
            UdpStack udp,
            Icmpv6 icmp,
            EchoRequests echoes,
            Liveness liveness,
            Transmitter transmitter,
            Reassembler reassembler,
            PacketDrops drops) {
        this.local = local;
        this.tcp = tcp;
        this.udp = udp;
        this.icmp = icmp;
        this.echoes = echoes;
        this.liveness = liveness;
        this.transmitter = transmitter;
        this.reassembler = reassembler;
        this.drops = drops;
    }

    /** Takes one packet whose source WireGuard has checked against the peer's ranges. */
    void onPacket(ByteBuf packet, long ingressNanos) {
        PacketDropReason refused = check(packet);
        if (refused == PacketDropReason.NOT_OUR_ADDRESS && isHosts(packet)) {
            Objects.requireNonNull(host).toHost(packet, ingressNanos);
            return;
        }
        if (refused == null) {
            refused = chain.parse(packet);
            if (refused == PacketDropReason.FRAGMENT) {
                ByteBuf fragment = packet;
                packet = reassembler.onFragment(fragment, chain, ingressNanos);
                fragment.release();
                if (packet == null) return; // waits for the others, or was counted
                refused = chain.parse(packet);
            }
            if (refused == null && chain.protocol() == Ipv6Header.TCP) {
                tcp.onPacket(packet, chain.offset(), ingressNanos);
                return;
            }
            if (refused == null) onBorrowed(packet, ingressNanos);
            else if (chain.hasProblem()) answer(icmp.parameterProblem(packet, chain, ingressNanos));
        }
        if (refused != null) drops.count(refused);
        packet.release();
    }

    /** The fixed header (RFC 8200 §3); cuts off what is behind the packet's end. */
    private @Nullable PacketDropReason check(ByteBuf packet) {
        int start = packet.readerIndex();
        if (packet.readableBytes() < Ipv6Header.BYTES) return PacketDropReason.TRUNCATED;
        if (Ipv6Header.version(packet, start) != 6) return PacketDropReason.NOT_IPV6;
        int length = Ipv6Header.BYTES + Ipv6Header.payloadLength(packet, start);
        if (length > packet.readableBytes()) return PacketDropReason.TRUNCATED;
        packet.writerIndex(start + length);
        long sourceHigh = Ipv6Header.sourceHigh(packet, start);
        long sourceLow = Ipv6Header.sourceLow(packet, start);
        boolean badSource = Ipv6Header.isMulticast(sourceHigh)
                || (sourceHigh | sourceLow) == 0
                || local.contains(sourceHigh, sourceLow)
                || host != null && host.owns(sourceHigh, sourceLow);
        if (badSource) return PacketDropReason.BAD_SOURCE;
        boolean ours =
                local.contains(Ipv6Header.destinationHigh(packet, start), Ipv6Header.destinationLow(packet, start))
                        && !isHosts(packet);
        return ours ? null : PacketDropReason.NOT_OUR_ADDRESS;
    }

    private boolean isHosts(ByteBuf packet) {
        int start = packet.readerIndex();
        return host != null
                && host.owns(Ipv6Header.destinationHigh(packet, start), Ipv6Header.destinationLow(packet, start));
    }

    private void onBorrowed(ByteBuf packet, long ingressNanos) {
        int offset = chain.offset();
        if (chain.protocol() == Ipv6Header.UDP) {
            PacketDropReason refused = udp.onPacket(packet, offset);
            if (refused == PacketDropReason.UDP_PORT_CLOSED) answer(icmp.portUnreachable(packet, offset, ingressNanos));
            else if (refused == PacketDropReason.DENIED_BY_POLICY)
                answer(icmp.prohibited(packet, offset, ingressNanos));
            return;
        }
        PacketDropReason refused = onIcmp(packet, offset, ingressNanos);
        if (refused != null) drops.count(refused);
    }

    private @Nullable PacketDropReason onIcmp(ByteBuf packet, int offset, long ingressNanos) {
        int start = packet.readerIndex();
        int message = start + offset;
        int messageBytes = packet.writerIndex() - message;
        if (messageBytes < Icmpv6Header.BYTES) return PacketDropReason.ICMP_MALFORMED;
        if (InternetChecksum.of(packet, start, message, messageBytes, Ipv6Header.ICMPV6) != 0)
            return PacketDropReason.ICMP_BAD_CHECKSUM;
        return switch (Icmpv6Header.type(packet, message)) {
            case Icmpv6Header.ECHO_REQUEST -> {
                answer(icmp.echoReply(packet, offset, ingressNanos));
                yield null;
            }
            case Icmpv6Header.ECHO_REPLY ->
                liveness.onEchoReply(packet, offset, ingressNanos) || echoes.onReply(packet, offset, ingressNanos)
                        ? null
                        : PacketDropReason.ECHO_REPLY_UNEXPECTED;
            case Icmpv6Header.DESTINATION_UNREACHABLE ->
                onError(
                        packet,
                        message,
                        new TcpStack.IcmpError.Unreachable(Icmpv6Header.code(packet, message)),
                        ingressNanos);
            case Icmpv6Header.PACKET_TOO_BIG -> onPacketTooBig(packet, message, ingressNanos);
            default -> PacketDropReason.ICMP_IGNORED; // RFC 4443 §2.4 a, b: nothing above has a use for it
        };
    }

    private @Nullable PacketDropReason onPacketTooBig(ByteBuf packet, int message, long ingressNanos) {
        int mtu = Icmpv6Header.parameter(packet, message);
        if (mtu < Ipv6Header.MIN_MTU) return PacketDropReason.ICMP_IGNORED; // RFC 8201 §4
        return onError(packet, message, new TcpStack.IcmpError.PacketTooBig(mtu), ingressNanos);
    }

    private @Nullable PacketDropReason onError(
            ByteBuf packet, int message, TcpStack.IcmpError error, long ingressNanos) {
        Icmpv6.Quote quote = Icmpv6.quote(packet, message);
        if (quote == null || !isOurs(quote.source())) return PacketDropReason.ICMP_IGNORED;
        if (quote.protocol() == Ipv6Header.UDP)
            return error instanceof TcpStack.IcmpError.Unreachable
                            && udp.onUnreachable(
                                    quote.source(), quote.sourcePort(), quote.destination(), quote.destinationPort())
                    ? null
                    : PacketDropReason.ICMP_IGNORED;
        if (quote.protocol() != Ipv6Header.TCP) return PacketDropReason.ICMP_IGNORED;
        tcp.onIcmpError(
                quote.source(),
                quote.sourcePort(),
                quote.destination(),
                quote.destinationPort(),
                quote.sequence(),
                error,
                ingressNanos);
        return null;
    }

    private boolean isOurs(Ipv6Address address) {
        return local.contains(address.high(), address.low());
    }

    private void answer(@Nullable ByteBuf packet) {
        if (packet != null) transmitter.send(packet);
    }
}
