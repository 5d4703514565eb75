package dev.sixgate.mesh.ipv6;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071) with the IPv6 pseudo-header (RFC 8200 §8.1). Partial sums are unfolded
 * {@code long}s, so that sums of several ranges add up with {@code +}; every range but the last has even length.
 */
public final class InternetChecksum {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int CHUNK_BYTES = 2048;

    /**
     * What is summed is copied here first, because the JIT turns the sum over an array into vector instructions (1368 bytes of
     * a pooled direct buffer on AVX2: 75 ns, against 300 to 450 ns by {@code getLong}).
     */
    private static final ThreadLocal<byte[]> CHUNK = ThreadLocal.withInitial(() -> new byte[CHUNK_BYTES]);

    private InternetChecksum() {}

    /** The partial sum of {@code length} bytes at an absolute index; borrows {@code buffer}. */
    public static long sum(ByteBuf buffer, int index, int length) {
        byte[] chunk = CHUNK.get();
        long sum = 0;
        for (int done = 0; done < length; done += CHUNK_BYTES) {
            int part = Math.min(length - done, CHUNK_BYTES);
            buffer.getBytes(index + done, chunk, 0, part);
            sum += sum(chunk, part);
        }
        return sum;
    }

    /** Ones' complement addition may be done in any word size (RFC 1071 §2), so 8 bytes are taken at a time. */
    private static long sum(byte[] bytes, int length) {
        long sum = 0;
        int i = 0;
        for (; i < length - 7; i += 8) sum += halves((long) WORDS.get(bytes, i));
        for (int shift = 56; i < length; i++, shift -= 8) sum += halves((bytes[i] & 0xffL) << shift);
        return sum;
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

    /** As the other, with addresses that are at hand already. */
    public static int of(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            ByteBuf buffer,
            int upper,
            int upperLength,
            int nextHeader) {
        return fold(pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, upperLength, nextHeader)
                + sum(buffer, upper, upperLength));
    }
}
