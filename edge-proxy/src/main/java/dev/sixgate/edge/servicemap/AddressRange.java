package dev.sixgate.edge.servicemap;

import java.net.InetAddress;

/**
 * A range of IPv4 or IPv6 addresses. An IPv4 address in IPv6 clothes ({@code ::ffff:203.0.113.7}) is the IPv4 address, here
 * as everywhere: the JDK undresses it before anyone can ask.
 *
 * @param base with no bit set behind {@code length}
 * @param length of the prefix: 0 to 32, or to 128
 */
public record AddressRange(InetAddress base, int length) {
    public AddressRange {
        byte[] bytes = base.getAddress();
        if (length < 0 || length > bytes.length * 8)
            throw new IllegalArgumentException("a prefix length is from 0 to " + bytes.length * 8);
        for (int bit = length; bit < bytes.length * 8; bit++)
            if ((bytes[bit >> 3] & 0x80 >> (bit & 7)) != 0)
                throw new IllegalArgumentException("there are bits set behind the prefix");
    }

    /**
     * Reads {@code 198.51.100.0/24}, {@code 2001:db8::/32}, or an address alone, which is a range of one.
     *
     * @throws IllegalArgumentException with a sentence
     */
    public static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (address.indexOf('%') >= 0) throw new IllegalArgumentException("a zone has no place here");
        InetAddress base;
        try {
            base = InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("it is no IPv4 or IPv6 address");
        }
        boolean four = base.getAddress().length == 4;
        if (four && address.indexOf(':') >= 0) throw new IllegalArgumentException("it is an IPv4 address in disguise");
        if (four && address.chars().filter(c -> c == '.').count() != 3)
            throw new IllegalArgumentException("it is no IPv4 or IPv6 address");
        if (slash < 0) return new AddressRange(base, four ? 32 : 128);
        String length = text.substring(slash + 1);
        if (!length.matches("0|[1-9][0-9]{0,2}")) throw new IllegalArgumentException("it has no prefix length");
        return new AddressRange(base, Integer.parseInt(length));
    }

    public boolean contains(InetAddress address) {
        byte[] mine = base.getAddress();
        byte[] other = address.getAddress();
        if (mine.length != other.length) return false;
        int whole = length >> 3;
        for (int i = 0; i < whole; i++) if (mine[i] != other[i]) return false;
        int rest = length & 7;
        return rest == 0 || (mine[whole] ^ other[whole]) >> 8 - rest == 0;
    }
}
