package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;

/**
 * The Internet checksum (RFC 1071) with the IPv6 pseudo-header (RFC 8200 §8.1). Partial sums are unfolded
 * {@code long}s, so that sums of several ranges add up with {@code +}; every range but the last has even length.
 */
public final class InternetChecksum {
    private InternetChecksum() {}

    /** The partial sum of {@code length} bytes at an absolute index; borrows {@code buffer}. */
    public static long sum(ByteBuf buffer, int index, int length) {
        long even = 0;
        long odd = 0;
        int i = index;
        int end = index + length;
        // Two chains of additions, 32 bits at a time: 2^16 is 1 modulo 65535, so folding may wait until the end.
        for (; end - i >= 16; i += 16) {
            long a = buffer.getLong(i);
            long b = buffer.getLong(i + 8);
            even += (a >>> 32) + (a & 0xffff_ffffL);
            odd += (b >>> 32) + (b & 0xffff_ffffL);
        }
        long sum = even + odd;
        for (; end - i >= 4; i += 4) sum += buffer.getUnsignedInt(i);
        if (end - i >= 2) {
            sum += buffer.getUnsignedShort(i);
            i += 2;
        }
        return i < end ? sum + ((long) buffer.getUnsignedByte(i) << 8) : sum;
    }

    /** The partial sum of the pseudo-header; {@code upperLength} is in bytes, header included. */
    public static long pseudoHeader(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int upperLength,
            int nextHeader) {
        return halves(sourceHigh)
                + halves(sourceLow)
                + halves(destinationHigh)
                + halves(destinationLow)
                + upperLength
                + nextHeader;
    }

    private static long halves(long value) {
        return (value >>> 32) + (value & 0xffff_ffffL);
    }

    /** The 16 bits that go into the header; over a range that holds its own checksum, 0 means it is right. */
    public static int fold(long sum) {
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return (int) ~sum & 0xffff;
    }

    /**
     * The checksum of an upper-layer message in a packet, pseudo-header from the packet's own addresses.
     *
     * @param packet index of the IPv6 header
     * @param upper index of the upper-layer header, whose checksum field is zero, or holds the checksum to be verified
     * @param upperLength bytes from {@code upper} to the end of the message
     * @return the value of the field; when verifying, 0 means right
     */
    public static int of(ByteBuf buffer, int packet, int upper, int upperLength, int nextHeader) {
        return fold(sum(buffer, packet + Ipv6Header.SOURCE, 32)
                + upperLength
                + nextHeader
                + sum(buffer, upper, upperLength));
    }
}
