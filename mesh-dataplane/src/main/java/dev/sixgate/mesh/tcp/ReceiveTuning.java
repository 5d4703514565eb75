package dev.sixgate.mesh.tcp;

/**
 * How large a window a connection offers: it doubles whenever the application took a whole window in less than two round
 * trips, for then the window and not the path was what the remote waited for (dynamic right-sizing, Fisk and Feng 2001).
 * A queue on the path, or an application that reads slowly, makes the round longer and ends the growth.
 */
final class ReceiveTuning {
    static final int FIRST_BYTES = 256 << 10;
    /** Below this a round trip is mostly how often the two loops turn. */
    private static final long MIN_RTT_NANOS = 1_000_000;

    private final TcpMemory memory;
    private int max;
    private int bytes;
    private long takenInRound;
    private long roundBeganAt;

    ReceiveTuning(TcpMemory memory, int maxBytes) {
        this.memory = memory;
        max = maxBytes;
        bytes = Math.min(max, memory.mayGrow() ? FIRST_BYTES : TcpMemory.MIN_WINDOW_BYTES);
    }

    /** What may be unread now. */
    int bytes() {
        return memory.isExhausted() ? Math.min(bytes, TcpMemory.MIN_WINDOW_BYTES) : bytes;
    }

    void limit(int maxBytes) {
        max = Math.min(max, maxBytes);
        bytes = Math.min(bytes, max);
    }

    /** @param rttNanos the smoothed one, or -1 while unknown */
    void onTaken(int count, long rttNanos, long nowNanos) {
        if (bytes == max) return;
        if (takenInRound == 0) roundBeganAt = nowNanos;
        takenInRound += count;
        if (takenInRound < bytes) return;
        takenInRound = 0;
        boolean isWindowLimit = rttNanos < 0 || nowNanos - roundBeganAt < 2 * Math.max(rttNanos, MIN_RTT_NANOS);
        if (isWindowLimit && memory.mayGrow()) bytes = (int) Math.min(max, 2L * bytes);
    }
}
