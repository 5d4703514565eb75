package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Writes what ICMPv6 answers (RFC 4443) and reads what errors quote. Each answer is a whole new packet owned by the
 * caller; requests and offending packets are borrowed. Echo replies and errors have a rate limit each (RFC 4443 §2.4 f);
 * what is over it is counted and not answered.
 */
public final class Icmpv6 {
    public static final int ECHO_REPLIES_PER_SECOND = 1000;
    public static final int ECHO_REPLY_BURST = 200;
    public static final int ERRORS_PER_SECOND = 200;
    public static final int ERROR_BURST = 50;

    private final ByteBufAllocator allocator;
    private final PacketDrops drops;
    private final TokenBucket echoReplies;
    private final TokenBucket errors;

    public Icmpv6(ByteBufAllocator allocator, PacketDrops drops, long nowNanos) {
        this.allocator = allocator;
        this.drops = drops;
        this.echoReplies = new TokenBucket(ECHO_REPLIES_PER_SECOND, ECHO_REPLY_BURST, nowNanos);
        this.errors = new TokenBucket(ERRORS_PER_SECOND, ERROR_BURST, nowNanos);
    }

    /** An echo request (RFC 4443 §4.1) with {@code payloadBytes} bytes of a counting pattern. */
    public ByteBuf echoRequest(
            Ipv6Address source, Ipv6Address destination, int identifierAndSequence, int payloadBytes) {
        int messageBytes = Icmpv6Header.BYTES + payloadBytes;
        ByteBuf packet = start(source, destination, messageBytes);
        Icmpv6Header.write(packet, Ipv6Header.BYTES, Icmpv6Header.ECHO_REQUEST, 0, identifierAndSequence);
        for (int i = 0; i < payloadBytes; i++) packet.writeByte(i);
        Icmpv6Header.seal(packet, 0, messageBytes);
        return packet;
    }

    /**
     * The reply to an echo request (RFC 4443 §4.2), without the request's extension headers.
     *
     * @param request packet at the reader index, checksum already checked
     * @param offset distance to its ICMPv6 header
     */
    public @Nullable ByteBuf echoReply(ByteBuf request, int offset, long nowNanos) {
        if (!echoReplies.take(nowNanos)) {
            drops.count(PacketDropReason.ICMP_RATE_LIMITED);
            return null;
        }
        int start = request.readerIndex();
        int message = start + offset;
        int messageBytes = request.writerIndex() - message;
        ByteBuf packet = start(Ipv6Header.destination(request, start), Ipv6Header.source(request, start), messageBytes);
        Icmpv6Header.write(
                packet, Ipv6Header.BYTES, Icmpv6Header.ECHO_REPLY, 0, Icmpv6Header.parameter(request, message));
        packet.writeBytes(request, message + Icmpv6Header.BYTES, messageBytes - Icmpv6Header.BYTES);
        Icmpv6Header.seal(packet, 0, messageBytes);
        return packet;
    }

    /** Port unreachable for a UDP datagram that nobody takes (RFC 4443 §3.1, code 4). */
    public @Nullable ByteBuf portUnreachable(ByteBuf offending, int offset, long nowNanos) {
        return error(
                offending,
                Ipv6Header.UDP,
                offset,
                Icmpv6Header.DESTINATION_UNREACHABLE,
                Icmpv6Header.PORT_UNREACHABLE,
                0,
                nowNanos);
    }

    /** No route to the packet's destination (RFC 4443 §3.1, code 0). */
    public @Nullable ByteBuf noRoute(ByteBuf offending, long nowNanos) {
        return error(offending, Icmpv6Header.DESTINATION_UNREACHABLE, Icmpv6Header.NO_ROUTE, 0, nowNanos);
    }

    /** The packet is larger than the next link (RFC 4443 §3.2). */
    public @Nullable ByteBuf packetTooBig(ByteBuf offending, int mtu, long nowNanos) {
        return error(offending, Icmpv6Header.PACKET_TOO_BIG, 0, mtu, nowNanos);
    }

    /** About a packet whose chain of headers nobody has parsed. */
    private @Nullable ByteBuf error(ByteBuf offending, int type, int code, int parameter, long nowNanos) {
        int protocol = Ipv6Header.nextHeader(offending, offending.readerIndex());
        return error(offending, protocol, Ipv6Header.BYTES, type, code, parameter, nowNanos);
    }

    /** For a UDP datagram that a policy keeps from its socket (RFC 4443 §3.1, code 1). */
    public @Nullable ByteBuf prohibited(ByteBuf offending, int offset, long nowNanos) {
        return error(
                offending,
                Ipv6Header.UDP,
                offset,
                Icmpv6Header.DESTINATION_UNREACHABLE,
                Icmpv6Header.PROHIBITED,
                0,
                nowNanos);
    }

    /** The Parameter Problem that {@code chain} found in {@code offending} (RFC 4443 §3.4). */
    public @Nullable ByteBuf parameterProblem(ByteBuf offending, HeaderChain chain, long nowNanos) {
        return error(
                offending,
                chain.protocol(),
                chain.offset(),
                Icmpv6Header.PARAMETER_PROBLEM,
                chain.problemCode(),
                chain.problemPointer(),
                nowNanos);
    }

    private @Nullable ByteBuf error(
            ByteBuf offending, int protocol, int offset, int type, int code, int parameter, long nowNanos) {
        int start = offending.readerIndex();
        Ipv6Address source = Ipv6Header.source(offending, start);
        Ipv6Address destination = Ipv6Header.destination(offending, start);
        if (!mayBeToldOfError(source) || Ipv6Header.isMulticast(destination.high())) return null;
        if (isIcmpError(offending, protocol, offset)) return null;
        if (!errors.take(nowNanos)) {
            drops.count(PacketDropReason.ICMP_RATE_LIMITED);
            return null;
        }
        // RFC 4443 §2.4 c: as much of the packet as fits the minimum MTU.
        int quoted = Math.min(offending.readableBytes(), Ipv6Header.MIN_MTU - Ipv6Header.BYTES - Icmpv6Header.BYTES);
        int messageBytes = Icmpv6Header.BYTES + quoted;
        ByteBuf packet = start(destination, source, messageBytes);
        Icmpv6Header.write(packet, Ipv6Header.BYTES, type, code, parameter);
        packet.writeBytes(offending, start, quoted);
        Icmpv6Header.seal(packet, 0, messageBytes);
        return packet;
    }

    /** RFC 4443 §2.4 e: never about a packet whose source is not one node, or to a group; we join none. */
    private static boolean mayBeToldOfError(Ipv6Address source) {
        return !source.equals(Ipv6Address.UNSPECIFIED) && !Ipv6Header.isMulticast(source.high());
    }

    private static boolean isIcmpError(ByteBuf packet, int protocol, int offset) {
        int message = packet.readerIndex() + offset;
        return protocol == Ipv6Header.ICMPV6
                && (message >= packet.writerIndex() || Icmpv6Header.isError(Icmpv6Header.type(packet, message)));
    }

    private ByteBuf start(Ipv6Address source, Ipv6Address destination, int messageBytes) {
        ByteBuf packet = allocator.directBuffer(Ipv6Header.BYTES + messageBytes);
        Ipv6Header.write(packet, 0, messageBytes, Ipv6Header.ICMPV6, source, destination);
        return packet.writerIndex(Ipv6Header.BYTES + Icmpv6Header.BYTES);
    }

    /**
     * What an ICMPv6 error quotes of a TCP segment or UDP datagram of ours.
     *
     * @param sequence the TCP sequence number; for UDP, length and checksum
     */
    public record Quote(
            int protocol,
            Ipv6Address source,
            int sourcePort,
            Ipv6Address destination,
            int destinationPort,
            int sequence) {}

    /**
     * Reads the quote of the ICMPv6 error at {@code message}, borrowed; null when it does not hold the first 8 bytes of TCP
     * or UDP directly behind a fixed header. We send no extension headers, so a quote with some is not of ours.
     */
    public static @Nullable Quote quote(ByteBuf packet, int message) {
        int quoted = message + Icmpv6Header.BYTES;
        int ports = quoted + Ipv6Header.BYTES;
        if (packet.writerIndex() - ports < 8 || Ipv6Header.version(packet, quoted) != 6) return null;
        int protocol = Ipv6Header.nextHeader(packet, quoted);
        if (protocol != Ipv6Header.TCP && protocol != Ipv6Header.UDP) return null;
        return new Quote(
                protocol,
                Ipv6Header.source(packet, quoted),
                packet.getUnsignedShort(ports),
                Ipv6Header.destination(packet, quoted),
                packet.getUnsignedShort(ports + 2),
                packet.getInt(ports + 4));
    }
}
