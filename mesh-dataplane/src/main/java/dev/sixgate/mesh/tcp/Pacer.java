package dev.sixgate.mesh.tcp;

/**
 * Spaces what leaves, train by train: after up to a millisecond's worth nothing until that time has passed. At a rate at
 * which a millisecond holds the whole window nothing ever waits.
 */
final class Pacer {
    private static final long TRAIN_NANOS = 1_000_000L;

    private long nextAt = Long.MIN_VALUE;
    private long trainAt = Long.MIN_VALUE;
    private long dueAt = TcpStack.NEVER;

    /** When what was held may leave; {@link TcpStack#NEVER}: nothing is held. */
    long dueAt() {
        return dueAt;
    }

    void onTimeout() {
        dueAt = TcpStack.NEVER;
    }

    boolean holds(long rate, long nowNanos) {
        dueAt = TcpStack.NEVER;
        boolean isTrain = nowNanos == trainAt && nextAt - nowNanos < TRAIN_NANOS;
        if (rate == CongestionControl.UNPACED || nextAt <= nowNanos || isTrain) return false;
        dueAt = nextAt;
        return true;
    }

    /** @param bytes of payload */
    void onSent(int bytes, long rate, long nowNanos) {
        if (rate == CongestionControl.UNPACED) return;
        // A timer that comes a little late costs no throughput; a pause gives no burst.
        if (nowNanos != trainAt) nextAt = Math.max(nextAt, nowNanos - TRAIN_NANOS);
        trainAt = nowNanos;
        nextAt += (long) (bytes * 1e9 / rate);
    }
}
