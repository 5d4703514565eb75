package dev.sixgate.mesh.ipv6;

/**
 * An IPv6 prefix such as {@code fdaa:0:48c8::/48}.
 *
 * @param address the first address of the range; bits beyond {@code length} are zero
 * @param length prefix length, 0 to 128
 */
public record Ipv6Prefix(Ipv6Address address, int length) {
    public Ipv6Prefix {
        if (length < 0 || length > 128)
            throw new IllegalArgumentException("prefix length " + length + " is not between 0 and 128");
        address = new Ipv6Address(address.high() & highMask(length), address.low() & lowMask(length));
    }

    /**
     * Reads {@code address/length}; an address alone is a /128. Host bits are cleared.
     *
     * @throws IllegalArgumentException with a plain sentence
     */
    public static Ipv6Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) return new Ipv6Prefix(Ipv6Address.parse(text), 128);
        String digits = text.substring(slash + 1);
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9'))
            throw new IllegalArgumentException("\"" + text + "\" has no prefix length between 0 and 128 after \"/\"");
        return new Ipv6Prefix(Ipv6Address.parse(text.substring(0, slash)), Integer.parseInt(digits));
    }

    public boolean contains(Ipv6Address other) {
        return contains(other.high(), other.low());
    }

    public boolean contains(long high, long low) {
        return (high & highMask(length)) == address.high() && (low & lowMask(length)) == address.low();
    }

    public boolean contains(Ipv6Prefix other) {
        return other.length >= length && contains(other.address);
    }

    /** The lengthening that {@link #part} needs to yield {@code count} equal parts. */
    public static int partBits(int count) {
        return 32 - Integer.numberOfLeadingZeros(count - 1);
    }

    /**
     * One of 2<sup>{@code bits}</sup> equal parts of this range.
     *
     * @throws IllegalArgumentException when the range has no {@code bits} to give
     */
    public Ipv6Prefix part(int index, int bits) {
        int longer = length + bits;
        if (longer > 128) throw new IllegalArgumentException(this + " cannot be divided into " + (1 << bits));
        long high = address.high();
        long low = address.low();
        if (bits > 0 && longer > 64) low |= (long) index << (128 - longer);
        if (bits > 0 && length < 64)
            high |= longer <= 64 ? (long) index << (64 - longer) : (long) index >>> (longer - 64);
        return new Ipv6Prefix(new Ipv6Address(high, low), longer);
    }

    private static long highMask(int length) {
        return length == 0 ? 0 : length >= 64 ? -1L : -1L << (64 - length);
    }

    private static long lowMask(int length) {
        return length <= 64 ? 0 : -1L << (128 - length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
