package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The Internet checksum of a TCP segment with the IPv6 pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1). One for each
 * thread: it copies through a small array, because the JIT turns the sum over an array into vector instructions
 * (1368 bytes of a pooled direct buffer on AVX2: 75 ns, against 300 to 450 ns by {@code getLong}).
 */
final class TcpChecksum {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int CHUNK_BYTES = 2048;

    private final byte[] chunk = new byte[CHUNK_BYTES];

    /** @return what belongs into a zero checksum field; 0 over a segment whose checksum is right */
    int of(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            ByteBuf buffer,
            int index,
            int length) {
        long sum = InternetChecksum.pseudoHeader(
                sourceHigh, sourceLow, destinationHigh, destinationLow, length, Segment.NEXT_HEADER);
        for (int done = 0; done < length; done += CHUNK_BYTES) {
            int part = Math.min(length - done, CHUNK_BYTES);
            buffer.getBytes(index + done, chunk, 0, part);
            sum += sum(chunk, part);
        }
        return InternetChecksum.fold(sum);
    }

    /** Ones' complement addition may be done in any word size (RFC 1071 §2), so 8 bytes are taken at a time. */
    private static long sum(byte[] bytes, int length) {
        long sum = 0;
        int i = 0;
        for (; i < length - 7; i += 8) sum += words((long) WORDS.get(bytes, i));
        for (int shift = 56; i < length; i++, shift -= 8) sum += words((bytes[i] & 0xffL) << shift);
        return sum;
    }

    private static long words(long eightBytes) {
        return (eightBytes >>> 32) + (eightBytes & 0xffff_ffffL);
    }
}
