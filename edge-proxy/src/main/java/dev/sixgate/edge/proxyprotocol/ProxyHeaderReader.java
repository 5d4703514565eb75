package dev.sixgate.edge.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of either version (haproxy.org, "The PROXY protocol", §2). Strict: what the text does not allow is refused at
 * the first byte that shows it, so that a peer which speaks something else is not waited for.
 */
public final class ProxyHeaderReader {
    /** Of version 2, behind its 16 fixed bytes; load balancers write a few hundred. */
    public static final int MAX_V2_BYTES = 4096;
    /** §2.1: the longest head of version 1, its CRLF counted. */
    private static final int MAX_V1_BYTES = 107;

    private static final byte[] V1_START = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    static final byte[] V2_SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    static final int V2_FIXED_BYTES = 16;
    static final int TYPE_CRC32C = 0x03;
    private static final int IPV4_BYTES = 12;
    private static final int IPV6_BYTES = 36;
    private static final int UNIX_BYTES = 216;
    private static final int TLV_HEAD_BYTES = 3;
    private static final Pattern IPV4 = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
    private static final Pattern PORT = Pattern.compile("0|[1-9][0-9]{0,4}");

    private ProxyHeaderReader() {}

    /**
     * Takes a head from {@code in}.
     *
     * @param in what came so far, from the connection's first byte; borrowed; read up to the head's end, or not at all
     * @return null while the head is not whole
     */
    public static @Nullable ProxyHeader read(ByteBuf in) throws BadProxyHeaderException {
        if (!in.isReadable()) return null;
        return in.getByte(in.readerIndex()) == V1_START[0] ? readV1(in) : readV2(in);
    }

    private static @Nullable ProxyHeader readV1(ByteBuf in) throws BadProxyHeaderException {
        if (!expect(in, V1_START)) return null;
        int length = in.bytesBefore(Math.min(in.readableBytes(), MAX_V1_BYTES), (byte) '\n') + 1;
        if (length == 0) {
            if (in.readableBytes() >= MAX_V1_BYTES)
                throw new BadProxyHeaderException("its line does not end within " + MAX_V1_BYTES + " bytes");
            return null;
        }
        if (in.getByte(in.readerIndex() + length - 2) != '\r')
            throw new BadProxyHeaderException("its line ends without CR");
        String line = in.toString(
                in.readerIndex() + V1_START.length, length - V1_START.length - 2, StandardCharsets.ISO_8859_1);
        ProxyHeader header = parse(line);
        in.skipBytes(length);
        return header;
    }

    private static ProxyHeader parse(String line) throws BadProxyHeaderException {
        // §2.1: the receiver must ignore anything behind UNKNOWN.
        if (line.equals("UNKNOWN") || line.startsWith("UNKNOWN ")) return ProxyHeader.LOCAL;
        String[] words = line.split(" ", -1);
        if (words.length != 5 || !words[0].equals("TCP4") && !words[0].equals("TCP6"))
            throw new BadProxyHeaderException("its line is not TCP4 or TCP6, two addresses and two ports");
        boolean four = words[0].equals("TCP4");
        return new ProxyHeader(
                new InetSocketAddress(address(words[1], four), port(words[3])),
                new InetSocketAddress(address(words[2], four), port(words[4])));
    }

    private static InetAddress address(String text, boolean four) throws BadProxyHeaderException {
        try {
            if ((four ? IPV4 : IPV6).matcher(text).matches()) return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new BadProxyHeaderException("it holds what is no " + (four ? "IPv4" : "IPv6") + " address");
    }

    private static int port(String text) throws BadProxyHeaderException {
        int port = PORT.matcher(text).matches() ? Integer.parseInt(text) : -1;
        if (port < 0 || port > 65535) throw new BadProxyHeaderException("it holds what is no port");
        return port;
    }

    private static @Nullable ProxyHeader readV2(ByteBuf in) throws BadProxyHeaderException {
        if (!expect(in, V2_SIGNATURE) || in.readableBytes() < V2_FIXED_BYTES) return null;
        int start = in.readerIndex();
        int versionAndCommand = in.getUnsignedByte(start + 12);
        int familyAndTransport = in.getUnsignedByte(start + 13);
        int length = in.getUnsignedShort(start + 14);
        if (versionAndCommand >> 4 != 2) throw new BadProxyHeaderException("its version is not 2");
        int command = versionAndCommand & 15;
        if (command > 1) throw new BadProxyHeaderException("its command is neither LOCAL nor PROXY");
        if (length > MAX_V2_BYTES)
            throw new BadProxyHeaderException("it is " + length + " bytes long, and " + MAX_V2_BYTES + " are taken");
        if (in.readableBytes() < V2_FIXED_BYTES + length) return null;
        int addresses = start + V2_FIXED_BYTES;
        int end = addresses + length;
        ProxyHeader header = ProxyHeader.LOCAL;
        if (command == 1) {
            int family = familyAndTransport >> 4;
            int addressBytes = switch (family) {
                case 0 -> 0;
                case 1 -> IPV4_BYTES;
                case 2 -> IPV6_BYTES;
                case 3 -> UNIX_BYTES;
                default -> throw new BadProxyHeaderException("its address family is unknown");
            };
            if ((familyAndTransport & 15) > 2) throw new BadProxyHeaderException("its transport is unknown");
            if (length < addressBytes) throw new BadProxyHeaderException("it is too short for its addresses");
            if (family == 1 || family == 2) header = addresses(in, addresses, family == 1 ? 4 : 16);
            if (family != 0) checkTlvs(in, start, addresses + addressBytes, end);
        }
        in.readerIndex(end);
        return header;
    }

    private static ProxyHeader addresses(ByteBuf in, int at, int size) {
        return new ProxyHeader(
                new InetSocketAddress(address(in, at, size), in.getUnsignedShort(at + 2 * size)),
                new InetSocketAddress(address(in, at + size, size), in.getUnsignedShort(at + 2 * size + 2)));
    }

    private static InetAddress address(ByteBuf in, int at, int size) {
        byte[] bytes = new byte[size];
        in.getBytes(at, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("an address has 4 or 16 bytes", e);
        }
    }

    private static void checkTlvs(ByteBuf in, int start, int from, int end) throws BadProxyHeaderException {
        for (int at = from; at < end; ) {
            int next = at + TLV_HEAD_BYTES > end ? end + 1 : at + TLV_HEAD_BYTES + in.getUnsignedShort(at + 1);
            if (next > end) throw new BadProxyHeaderException("one of its values runs over its end");
            if (in.getUnsignedByte(at) == TYPE_CRC32C) checkSum(in, start, at + TLV_HEAD_BYTES, next, end);
            at = next;
        }
    }

    /** §2.2.3: over the whole head, the sum's own four bytes counted as zero. */
    private static void checkSum(ByteBuf in, int start, int from, int to, int end) throws BadProxyHeaderException {
        if (to - from != 4) throw new BadProxyHeaderException("its checksum does not have 4 bytes");
        byte[] head = new byte[end - start];
        in.getBytes(start, head);
        for (int i = from; i < to; i++) head[i - start] = 0;
        CRC32C sum = new CRC32C();
        sum.update(head);
        if ((int) sum.getValue() != in.getInt(from)) throw new BadProxyHeaderException("its checksum is wrong");
    }

    /** @return false while {@code start} is not whole */
    private static boolean expect(ByteBuf in, byte[] start) throws BadProxyHeaderException {
        int count = Math.min(start.length, in.readableBytes());
        for (int i = 0; i < count; i++)
            if (in.getByte(in.readerIndex() + i) != start[i])
                throw new BadProxyHeaderException("the connection does not begin with one");
        return count == start.length;
    }
}
