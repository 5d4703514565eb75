package dev.sixgate.anycast;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** A range of addresses, such as {@code 203.0.113.0/24}. */
public record Prefix(InetAddress address, int length) {
    /** Longer prefixes are dropped by most networks of the internet. */
    public static final int LONGEST_IPV4 = 24;

    public static final int LONGEST_IPV6 = 48;

    /** @throws IllegalArgumentException when bits are set behind the length, or there are fewer than {@code length} */
    public Prefix {
        byte[] bytes = address.getAddress();
        if (length < 0 || length > bytes.length * 8)
            throw new IllegalArgumentException("a prefix of " + length + " bits of " + bytes.length * 8);
        for (int bit = length; bit < bytes.length * 8; bit++)
            if ((bytes[bit / 8] >> 7 - bit % 8 & 1) != 0)
                throw new IllegalArgumentException("bits are set behind the prefix's length");
    }

    public boolean isIpv4() {
        return address instanceof Inet4Address;
    }

    /** The prefix of this length that holds {@code address}. */
    public static Prefix of(InetAddress address, int length) {
        byte[] bytes = address.getAddress();
        for (int bit = length; bit < bytes.length * 8; bit++) bytes[bit / 8] &= (byte) ~(1 << 7 - bit % 8);
        try {
            return new Prefix(InetAddress.getByAddress(bytes), length);
        } catch (UnknownHostException e) {
            throw new AssertionError("as long as it was", e);
        }
    }

    public boolean contains(InetAddress other) {
        return other.getAddress().length == address.getAddress().length
                && of(other, length).address.equals(address);
    }

    public int longestAccepted() {
        return isIpv4() ? LONGEST_IPV4 : LONGEST_IPV6;
    }

    @Override
    public String toString() {
        return Addresses.text(address) + "/" + length;
    }
}
