package dev.sixgate.mesh.wireguard;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** TAI64N labels (whitepaper §5.1): 8 bytes of seconds and 4 of nanoseconds, big-endian, so that bytes compare as times. */
final class Tai64n {
    static final int BYTES = 12;
    private static final long EPOCH = 0x4000_0000_0000_000aL;

    /** About 17 ms: finer digits would only tell strangers about our clock. */
    private static final int GRAIN_NANOS = 1 << 24;

    private Tai64n() {}

    /**
     * The label of {@code now}, or one grain after {@code last} when the clock stood still or went back: a peer refuses what
     * does not increase.
     */
    static byte[] after(byte @Nullable [] last, Instant now) {
        byte[] label = label(EPOCH + now.getEpochSecond(), now.getNano() & -GRAIN_NANOS);
        if (last == null || compare(label, last) > 0) return label;
        ByteBuffer fields = ByteBuffer.wrap(last);
        long seconds = fields.getLong();
        int nanos = (fields.getInt() & -GRAIN_NANOS) + GRAIN_NANOS;
        return nanos < 1_000_000_000 ? label(seconds, nanos) : label(seconds + 1, 0);
    }

    static int compare(byte[] left, byte[] right) {
        return Arrays.compareUnsigned(left, right);
    }

    private static byte[] label(long seconds, int nanos) {
        return ByteBuffer.allocate(BYTES).putLong(seconds).putInt(nanos).array();
    }
}
