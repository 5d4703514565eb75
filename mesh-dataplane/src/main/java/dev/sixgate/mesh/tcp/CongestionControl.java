package dev.sixgate.mesh.tcp;

/** How much may be in flight. Told of events by {@link Retransmission}; keeps no timers of its own. */
interface CongestionControl {
    /** Bytes that may be in flight, at least one segment. */
    long window();

    /** Where slow start ends, in bytes. */
    long slowStartThreshold();

    /** The sender's segment size without options changed; before the first one: the connection begins. */
    void onSegmentSize(int bytes);

    /** The SYN was lost: begin with one segment (RFC 5681 §3.1). */
    void onSynLost();

    /**
     * New data was acknowledged outside of fast recovery.
     *
     * @param flight bytes in flight before it
     * @param afterTimeout whether what the last timeout gave up is still being repaired
     */
    void onAck(long acknowledged, long flight, boolean afterTimeout, long nowNanos);

    /** Fast recovery begins. */
    void onLoss(long flight, long nowNanos);

    /** @param repeated the same segment timed out before */
    void onTimeout(long flight, boolean repeated, long nowNanos);

    /** The last loss or timeout was none: the original segments arrived. */
    void onSpurious();

    /** Nothing was sent for longer than a retransmission timeout. */
    void onIdle();
}
