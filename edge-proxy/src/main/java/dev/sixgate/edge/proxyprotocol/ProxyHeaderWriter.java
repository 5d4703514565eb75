package dev.sixgate.edge.proxyprotocol;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.http.TlsFacts;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes heads of either version. Where one address is IPv4 and the other IPv6, the former is written as IPv4-mapped: a head has
 * one family.
 */
public final class ProxyHeaderWriter {
    private static final int VERSION_2_PROXY = 0x21;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;
    private static final int UDP_OVER_IPV4 = 0x12;
    private static final int UDP_OVER_IPV6 = 0x22;
    private static final int TYPE_ALPN = 0x01;
    private static final int TYPE_AUTHORITY = 0x02;
    private static final int TYPE_UNIQUE_ID = 0x05;
    private static final int TYPE_SSL = 0x20;
    private static final int SUBTYPE_SSL_VERSION = 0x21;
    private static final int SUBTYPE_SSL_CIPHER = 0x23;
    private static final int CLIENT_SSL = 0x01;
    /** §2.2.5: other than zero unless the client showed a certificate that was verified. */
    private static final int NO_CLIENT_CERTIFICATE = 1;

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private ProxyHeaderWriter() {}

    /**
     * What a head of version 2 says besides addresses; what is null is left out.
     *
     * @param authority the name the client asked for
     * @param uniqueId at most 128 bytes
     */
    public record Details(
            @Nullable String authority,
            @Nullable String alpn,
            @Nullable TlsFacts tls,
            @Nullable String uniqueId) {}

    public static void writeV1(ByteBuf out, InetSocketAddress source, InetSocketAddress destination) {
        boolean four = areIpv4(source, destination);
        String line = "PROXY " + (four ? "TCP4 " : "TCP6 ") + text(source, four) + ' ' + text(destination, four) + ' '
                + source.getPort() + ' ' + destination.getPort() + "\r\n";
        out.writeCharSequence(line, StandardCharsets.US_ASCII);
    }

    public static void writeV2(ByteBuf out, InetSocketAddress source, InetSocketAddress destination, Details details) {
        writeV2(out, source, destination, details, TCP_OVER_IPV4, TCP_OVER_IPV6);
    }

    /** Before a datagram. */
    public static void writeV2Datagram(
            ByteBuf out, InetSocketAddress source, InetSocketAddress destination, Details details) {
        writeV2(out, source, destination, details, UDP_OVER_IPV4, UDP_OVER_IPV6);
    }

    private static void writeV2(
            ByteBuf out,
            InetSocketAddress source,
            InetSocketAddress destination,
            Details details,
            int overIpv4,
            int overIpv6) {
        boolean four = areIpv4(source, destination);
        out.writeBytes(ProxyHeaderReader.V2_SIGNATURE);
        out.writeByte(VERSION_2_PROXY);
        out.writeByte(four ? overIpv4 : overIpv6);
        int length = beginLength(out);
        writeAddress(out, source.getAddress(), four);
        writeAddress(out, destination.getAddress(), four);
        out.writeShort(source.getPort());
        out.writeShort(destination.getPort());
        writeText(out, TYPE_ALPN, details.alpn);
        writeText(out, TYPE_AUTHORITY, details.authority);
        writeText(out, TYPE_UNIQUE_ID, details.uniqueId);
        TlsFacts tls = details.tls;
        if (tls != null) {
            out.writeByte(TYPE_SSL);
            int tlsLength = beginLength(out);
            out.writeByte(CLIENT_SSL);
            out.writeInt(NO_CLIENT_CERTIFICATE);
            writeText(out, SUBTYPE_SSL_VERSION, tls.version());
            writeText(out, SUBTYPE_SSL_CIPHER, tls.cipher());
            endLength(out, tlsLength);
        }
        endLength(out, length);
    }

    private static int beginLength(ByteBuf out) {
        int at = out.writerIndex();
        out.writeShort(0);
        return at;
    }

    private static void endLength(ByteBuf out, int at) {
        out.setShort(at, out.writerIndex() - at - 2);
    }

    private static void writeText(ByteBuf out, int type, @Nullable String text) {
        if (text == null) return;
        out.writeByte(type);
        int length = beginLength(out);
        out.writeCharSequence(text, StandardCharsets.UTF_8);
        endLength(out, length);
    }

    private static boolean areIpv4(InetSocketAddress a, InetSocketAddress b) {
        return isIpv4(a.getAddress()) && isIpv4(b.getAddress());
    }

    private static boolean isIpv4(InetAddress address) {
        return address.getAddress().length == 4;
    }

    private static String text(InetSocketAddress address, boolean four) {
        String text = AddressText.of(address.getAddress());
        return four || !isIpv4(address.getAddress()) ? text : "::ffff:" + text;
    }

    private static void writeAddress(ByteBuf out, InetAddress address, boolean four) {
        if (!four && isIpv4(address)) out.writeBytes(MAPPED);
        out.writeBytes(address.getAddress());
    }
}
