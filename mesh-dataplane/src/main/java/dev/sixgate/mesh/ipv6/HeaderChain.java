package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Finds the upper-layer header behind the extension headers of one packet (RFC 8200 §4). A reused cursor instead of a
 * result object, because every received packet passes here; results are valid until the next {@link #parse}.
 * <p>Hop-by-hop and destination options are skipped or refused as the option type tells; a routing header is passed with
 * no segments left and refused otherwise; an atomic fragment (RFC 6946) is a whole packet, any other is
 * left to the {@link Reassembler}. Caps,
 * as RFC 8504 §5.3 suggests: {@value #MAX_HEADERS} extension headers, {@value #MAX_BYTES} bytes of them,
 * {@value #MAX_OPTIONS} options that are not padding.
 */
public final class HeaderChain {
    public static final int MAX_HEADERS = 8;
    public static final int MAX_BYTES = 512;
    public static final int MAX_OPTIONS = 16;

    private static final int ERRONEOUS_FIELD = 0;
    private static final int UNKNOWN_HEADER = 1;
    private static final int UNKNOWN_OPTION = 2;

    private int protocol;
    private int offset;
    private int namedAt;
    private int options;
    private int problemCode;
    private int problemPointer;

    /**
     * Walks the packet at the reader index of {@code packet}, which is borrowed and not changed. It is at least 40 bytes and
     * exactly as long as its header says.
     *
     * @return null when {@link #protocol} is TCP, UDP or ICMPv6 at {@link #offset}; otherwise why it is dropped, and
     *     {@link #hasProblem} tells whether the sender is to be told
     */
    public @Nullable PacketDropReason parse(ByteBuf packet) {
        int start = packet.readerIndex();
        int end = packet.writerIndex();
        int previous = Ipv6Header.NEXT_HEADER;
        protocol = packet.getUnsignedByte(start + previous);
        offset = Ipv6Header.BYTES;
        options = 0;
        problemCode = -1;
        for (int headers = 0; !isUpperLayer(protocol); headers++) {
            if (protocol == Ipv6Header.NO_NEXT_HEADER) return PacketDropReason.NO_NEXT_HEADER;
            if (!isExtension(protocol, headers)) {
                problem(UNKNOWN_HEADER, previous);
                return PacketDropReason.UNKNOWN_NEXT_HEADER;
            }
            if (headers == MAX_HEADERS) return PacketDropReason.TOO_MANY_EXTENSION_HEADERS;
            int at = start + offset;
            if (end - at < 8) return PacketDropReason.TRUNCATED;
            int length = protocol == Ipv6Header.FRAGMENT ? 8 : 8 + 8 * packet.getUnsignedByte(at + 1);
            if (end - at < length) return PacketDropReason.TRUNCATED;
            PacketDropReason refused = switch (protocol) {
                case Ipv6Header.ROUTING -> routing(packet, at);
                case Ipv6Header.FRAGMENT -> fragment(packet, at);
                default -> options(packet, at + 2, at + length);
            };
            if (refused != null) {
                namedAt = previous;
                return refused;
            }
            previous = offset;
            protocol = packet.getUnsignedByte(at);
            offset += length;
            if (offset - Ipv6Header.BYTES > MAX_BYTES) return PacketDropReason.TOO_MANY_EXTENSION_HEADERS;
        }
        return null;
    }

    private static boolean isUpperLayer(int protocol) {
        return protocol == Ipv6Header.TCP || protocol == Ipv6Header.UDP || protocol == Ipv6Header.ICMPV6;
    }

    private static boolean isExtension(int protocol, int position) {
        return switch (protocol) {
            case Ipv6Header.HOP_BY_HOP_OPTIONS -> position == 0; // RFC 8200 §4.1: only directly behind the fixed header
            case Ipv6Header.ROUTING, Ipv6Header.FRAGMENT, Ipv6Header.DESTINATION_OPTIONS -> true;
            default -> false;
        };
    }

    private @Nullable PacketDropReason options(ByteBuf packet, int at, int end) {
        while (at < end) {
            int type = packet.getUnsignedByte(at);
            if (type == 0) { // Pad1
                at++;
                continue;
            }
            if (end - at < 2 || end - at - 2 < packet.getUnsignedByte(at + 1)) {
                problem(ERRONEOUS_FIELD, at - packet.readerIndex());
                return PacketDropReason.MALFORMED_EXTENSION_HEADER;
            }
            if (type != 1) { // not PadN
                if (++options > MAX_OPTIONS) return PacketDropReason.TOO_MANY_EXTENSION_HEADERS;
                int action = type >>> 6;
                if (action != 0) {
                    if (action != 1) problem(UNKNOWN_OPTION, at - packet.readerIndex());
                    return PacketDropReason.OPTION_REFUSED;
                }
            }
            at += 2 + packet.getUnsignedByte(at + 1);
        }
        return null;
    }

    private @Nullable PacketDropReason routing(ByteBuf packet, int at) {
        int segmentsLeft = packet.getUnsignedByte(at + 3);
        if (segmentsLeft == 0) return null;
        problem(ERRONEOUS_FIELD, at + 2 - packet.readerIndex()); // RFC 8200 §4.4: points at the routing type
        return PacketDropReason.ROUTING_REFUSED;
    }

    private static @Nullable PacketDropReason fragment(ByteBuf packet, int at) {
        boolean atomic = (packet.getUnsignedShort(at + 2) & 0xfff9) == 0;
        return atomic ? null : PacketDropReason.FRAGMENT;
    }

    private void problem(int code, int pointer) {
        problemCode = code;
        problemPointer = pointer;
    }

    /** {@link Ipv6Header#TCP}, {@link Ipv6Header#UDP} or {@link Ipv6Header#ICMPV6}. */
    public int protocol() {
        return protocol;
    }

    /** Of a packet refused as {@link PacketDropReason#FRAGMENT}, whose fragment header is at {@link #offset}: the byte that names it. */
    int fragmentNamedAt() {
        return namedAt;
    }

    /** Bytes from the start of the packet to the upper-layer header. */
    public int offset() {
        return offset;
    }

    /** Whether a Parameter Problem is due (RFC 4443 §3.4). */
    public boolean hasProblem() {
        return problemCode >= 0;
    }

    public int problemCode() {
        return problemCode;
    }

    public int problemPointer() {
        return problemPointer;
    }
}
