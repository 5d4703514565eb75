package dev.sixgate.k8s;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An IPv6 prefix. */
public final class Ipv6Range {
    private static final int BITS = 128;

    private final byte[] address;
    private final int length;

    private Ipv6Range(byte[] address, int length) {
        this.address = address;
        this.length = length;
    }

    /**
     * @param text such as {@code fdaa::/16}
     * @throws IllegalArgumentException when it is none; the message is a sentence
     */
    public static Ipv6Range parse(String text) {
        int slash = text.indexOf('/');
        Inet6Address address = slash < 0 ? null : address(text.substring(0, slash));
        String bits = text.substring(slash + 1);
        if (address == null || !bits.matches("[0-9]{1,3}") || Integer.parseInt(bits) > BITS)
            throw new IllegalArgumentException("\"" + text + "\" is no IPv6 prefix; write one such as fdaa::/16");
        return new Ipv6Range(address.getAddress(), Integer.parseInt(bits));
    }

    /** Null for anything but a plain IPv6 literal: mapped and scoped ones are none. Never asks a name server. */
    public static @Nullable Inet6Address address(String text) {
        if (text.indexOf('%') >= 0 || text.indexOf(':') < 0 || text.indexOf('[') >= 0) return null;
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            return address instanceof Inet6Address v6 ? v6 : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    public boolean contains(Inet6Address candidate) {
        byte[] other = candidate.getAddress();
        for (int bit = 0; bit < length; bit += 8) {
            int mask = length - bit >= 8 ? 0xff : 0xff << (8 - (length - bit)) & 0xff;
            if (((address[bit / 8] ^ other[bit / 8]) & mask) != 0) return false;
        }
        return true;
    }

    /** RFC 5952 §4: lower case, no leading zeros, the longest run of zero groups as {@code ::}. */
    public static String text(Inet6Address address) {
        byte[] bytes = address.getAddress();
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
        int start = -1;
        int longest = 1; // a single group is written out
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) end++;
            if (end - i > longest) {
                start = i;
                longest = end - i;
            }
            if (end > i) i = end;
        }
        StringBuilder text = new StringBuilder(40);
        for (int i = 0; i < 8; i++) {
            if (i == start) {
                text.append("::");
                i += longest - 1;
                continue;
            }
            if (i > 0 && text.charAt(text.length() - 1) != ':') text.append(':');
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Ipv6Range range && length == range.length && Arrays.equals(address, range.address);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(address) + length;
    }

    @Override
    public String toString() {
        try {
            return text((Inet6Address) InetAddress.getByAddress(address)) + "/" + length;
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError("sixteen bytes are an address", e);
        }
    }
}
