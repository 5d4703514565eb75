package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * An IPv6 address as two longs in network order, so that the data path compares and hashes without objects.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record Ipv6Address(long high, long low) implements Comparable<Ipv6Address> {
    public static final int BYTES = 16;
    public static final Ipv6Address UNSPECIFIED = new Ipv6Address(0, 0);

    /**
     * Reads the text forms of RFC 4291 §2.2, without brackets, zone or prefix length. Never asks DNS.
     *
     * @throws IllegalArgumentException with a plain sentence when {@code text} is not an IPv6 address
     */
    public static Ipv6Address parse(String text) {
        boolean plausible = text.indexOf(':') >= 0
                && text.chars().allMatch(c -> c == ':' || c == '.' || Character.digit(c, 16) >= 0 && c < 128);
        if (!plausible) throw new IllegalArgumentException("\"" + text + "\" is not an IPv6 address");
        try {
            byte[] bytes = InetAddress.ofLiteral(text).getAddress();
            if (bytes.length == 4)
                return new Ipv6Address(
                        0, 0xffff_0000_0000L | ByteBuffer.wrap(bytes).getInt() & 0xffff_ffffL);
            return of(bytes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + text + "\" is not an IPv6 address", e);
        }
    }

    /** @param bytes exactly 16 bytes in network order */
    public static Ipv6Address of(byte[] bytes) {
        if (bytes.length != BYTES)
            throw new IllegalArgumentException("an IPv6 address has 16 bytes, found " + bytes.length);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Ipv6Address(buffer.getLong(), buffer.getLong());
    }

    public static Ipv6Address of(Inet6Address address) {
        return of(address.getAddress());
    }

    /** Reads 16 bytes at an absolute index; borrows {@code buffer}. */
    public static Ipv6Address read(ByteBuf buffer, int index) {
        return new Ipv6Address(buffer.getLong(index), buffer.getLong(index + 8));
    }

    /** Writes 16 bytes at an absolute index; borrows {@code buffer}. */
    public void write(ByteBuf buffer, int index) {
        buffer.setLong(index, high);
        buffer.setLong(index + 8, low);
    }

    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    public Inet6Address toInetAddress() {
        try {
            return Inet6Address.getByAddress(null, toBytes(), -1);
        } catch (UnknownHostException e) {
            throw new AssertionError("16 bytes are always an address", e);
        }
    }

    @Override
    public int compareTo(Ipv6Address other) {
        int first = Long.compareUnsigned(high, other.high);
        return first != 0 ? first : Long.compareUnsigned(low, other.low);
    }

    /** The canonical text of RFC 5952: lower case, the longest run of two or more zero groups as {@code ::}. */
    @Override
    public String toString() {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) groups[i] = (int) ((i < 4 ? high : low) >>> (48 - 16 * (i % 4))) & 0xffff;
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) end++;
            if (end - i > bestLength) {
                bestStart = i;
                bestLength = end - i;
            }
            if (end > i) i = end;
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') text.append(':');
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
