package dev.sixgate.mesh.tcp;

/**
 * What all connections of a stack hold in buffers, and what follows for their windows. Counted is what a buffer keeps
 * from its pool: a small slice of a large receive buffer counts as that whole buffer.
 *
 * <p>Up to three quarters of the limit windows grow as their connections need; beyond, they stay as they are; from the
 * limit on a window is {@value #MIN_WINDOW_BYTES} bytes. What was offered before is never taken back (RFC 9293
 * §3.8.6.2.2), so that a remote may still send it: an eighth above the limit a connection that holds a smallest window
 * has what arrives dropped unacknowledged, and out of order nothing is kept.
 */
public final class TcpMemory {
    public static final long DEFAULT_LIMIT_BYTES = 512L << 20;
    static final int MIN_WINDOW_BYTES = 8 << 10;
    /** A send buffer always takes this much. */
    static final int MIN_SEND_BYTES = 16 << 10;

    private static final int FIRST_SEND_BYTES = 256 << 10;

    private long limitBytes = DEFAULT_LIMIT_BYTES;
    private long heldBytes;
    private long refusedSegments;

    /** Bytes kept from the pool now. */
    public long heldBytes() {
        return heldBytes;
    }

    public long limitBytes() {
        return limitBytes;
    }

    /** Segments with data inside an offered window that were dropped because there was no memory for them. */
    public long refusedSegments() {
        return refusedSegments;
    }

    /** @param bytes 1 MiB or more; holds from the next segment on */
    public void limit(long bytes) {
        if (bytes < 1 << 20) throw new IllegalArgumentException("a limit of " + bytes + " bytes is under 1 MiB");
        limitBytes = bytes;
    }

    void charge(long bytes) {
        heldBytes += bytes;
        if (heldBytes < 0) throw new AssertionError("more was released than held: " + heldBytes);
    }

    boolean mayGrow() {
        return heldBytes < limitBytes - limitBytes / 4;
    }

    boolean isExhausted() {
        return heldBytes >= limitBytes;
    }

    /** Not even what was offered is taken from a connection that has unread bytes. */
    boolean mustRefuse() {
        return heldBytes >= limitBytes + limitBytes / 8;
    }

    void countRefused() {
        refusedSegments++;
    }

    /** How much a send buffer takes: what two round trips can carry, for an acknowledgement frees the first half late. */
    int sendBytes(int maxBytes, long congestionWindow) {
        if (isExhausted()) return Math.min(maxBytes, MIN_SEND_BYTES);
        return (int) Math.min(maxBytes, Math.max(FIRST_SEND_BYTES, 2 * congestionWindow));
    }
}
