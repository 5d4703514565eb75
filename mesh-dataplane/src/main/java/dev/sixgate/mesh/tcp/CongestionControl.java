package dev.sixgate.mesh.tcp;

/**
 * How much may be in flight, and how fast it may leave. Told of events by {@link Retransmission}; keeps no timers of its
 * own. All sizes are bytes.
 */
interface CongestionControl {
    /** No pacing. */
    long UNPACED = Long.MAX_VALUE;

    /** RFC 6928. */
    static long initialWindow(int segment) {
        return Math.min(10L * segment, Math.max(2L * segment, 14_600));
    }

    /** Bytes that may be in flight, at least one segment. */
    long window();

    /** Where slow start ends, and what is aimed at in recovery. */
    long slowStartThreshold();

    /** Bytes per second, or {@link #UNPACED}. */
    long pacingRate();

    /** Whether the window during recovery is proportional rate reduction's, not {@link #window} (RFC 9937). */
    default boolean leavesRecoveryToRateReduction() {
        return true;
    }

    /** The sender's segment size without options changed; before the first one: the connection begins. */
    void onSegmentSize(int bytes);

    /** The SYN was lost: begin with one segment (RFC 5681 §3.1). */
    void onSynLost();

    /** Something was acknowledged, or thought lost. Called after {@link #onLoss}, when that is due too. */
    void onAck(AckSample sample);

    /** Fast recovery begins. @param flight bytes sent and not cumulatively acknowledged */
    void onLoss(long flight, long nowNanos);

    /** What was lost is repaired. */
    default void onRecoveryEnd(long nowNanos) {}

    /** @param repeated the same segment timed out before */
    void onTimeout(long flight, boolean repeated, long nowNanos);

    /** The last loss or timeout was none: the original segments arrived. */
    void onSpurious(long nowNanos);

    /** Sending begins again with nothing in flight. @param isLong nothing was sent for longer than a retransmission timeout */
    void onRestart(boolean isLong, long nowNanos);
}
