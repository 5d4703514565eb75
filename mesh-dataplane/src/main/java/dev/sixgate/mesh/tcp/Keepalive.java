package dev.sixgate.mesh.tcp;

/** Finds out whether the remote of an idle connection is still there (RFC 9293 §3.8.4). */
final class Keepalive {
    private static final int MAX_PROBES = 5;
    private static final long MAX_INTERVAL_NANOS = 75_000_000_000L;

    private final TcpConnection connection;
    private final long idleNanos;
    private int probes;
    private long probedAt;

    Keepalive(TcpConnection connection) {
        this.connection = connection;
        idleNanos = connection.options.keepalive().toNanos();
    }

    /** Not while anything is in flight or a window is probed: that has timers of its own. */
    long deadline() {
        SendHalf send = connection.send;
        boolean isIdle = connection.isSynchronized() && send.flight() == 0 && send.persistAt() == TcpStack.NEVER;
        if (idleNanos == 0 || !isIdle) return TcpStack.NEVER;
        return probes == 0 ? connection.lastReceivedAt + idleNanos : probedAt + Math.min(idleNanos, MAX_INTERVAL_NANOS);
    }

    void onReceived() {
        probes = 0;
    }

    /** @return false: the remote has not answered, the connection is to end */
    boolean onTimeout(long nowNanos) {
        if (probes++ == MAX_PROBES) return false;
        probedAt = nowNanos;
        connection.send.requestProbe();
        return true;
    }
}
