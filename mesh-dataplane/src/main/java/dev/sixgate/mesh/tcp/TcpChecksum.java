package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;

/** The Internet checksum of a TCP segment with the IPv6 pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1). */
final class TcpChecksum {
    private TcpChecksum() {}

    /** @return what belongs into a zero checksum field; 0 over a segment whose checksum is right */
    static int of(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            ByteBuf buffer,
            int index,
            int length) {
        long sum = words(sourceHigh)
                + words(sourceLow)
                + words(destinationHigh)
                + words(destinationLow)
                + length
                + Segment.NEXT_HEADER;
        int end = index + length;
        // Ones' complement addition may be done in any word size (RFC 1071 §2), so 8 bytes are taken at a time.
        for (; end - index >= 8; index += 8) sum += words(buffer.getLong(index));
        if (end - index >= 4) {
            sum += buffer.getUnsignedInt(index);
            index += 4;
        }
        if (end - index >= 2) {
            sum += buffer.getUnsignedShort(index);
            index += 2;
        }
        if (index < end) sum += buffer.getUnsignedByte(index) << 8;
        while (sum >>> 16 != 0) sum = (sum & 0xffff) + (sum >>> 16);
        return (int) ~sum & 0xffff;
    }

    private static long words(long eightBytes) {
        return (eightBytes >>> 32) + (eightBytes & 0xffff_ffffL);
    }
}
