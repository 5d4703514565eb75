package dev.sixgate.mesh.tcp;

/**
 * How long a connection may go on that no application waits for or that is still opening: until its connect time is over, and
 * after {@link TcpConnection#close} for as long as what is left to deliver progresses.
 */
final class Lifetime {
    private static final long FIN_WAIT_2_NANOS = 60_000_000_000L;
    /** A connection without an application is looked at so often; a clock that jumps costs it one such turn. */
    private static final long LINGER_TURN_NANOS = 10_000_000_000L;

    private final TcpConnection connection;
    private final Patience lingering = new Patience();
    private long endsAt;
    private long progressMark;

    Lifetime(TcpConnection connection, long nowNanos) {
        this.connection = connection;
        opens(nowNanos);
    }

    long endsAt() {
        return endsAt;
    }

    /** From now it has its connect time-out. */
    void opens(long nowNanos) {
        endsAt = nowNanos + connection.options.connectTimeout().toNanos();
    }

    void unlimited() {
        endsAt = TcpStack.NEVER;
    }

    /** Nobody waits for it any more: it has a while to deliver what is left, and longer while that progresses. */
    void linger(long nowNanos) {
        lingering.renew();
        progressMark = connection.send.unacked();
        endsAt = nowNanos + LINGER_TURN_NANOS;
    }

    /** @return false: its time is up and it has ended */
    boolean onTimeout(long nowNanos) {
        TcpConnection c = connection;
        if (!c.isAbandoned()) {
            c.endUnopened(nowNanos);
            return false;
        }
        boolean isDelivered = c.state == TcpConnection.State.FIN_WAIT_2;
        if (!isDelivered && c.send.unacked() != progressMark) {
            linger(nowNanos);
            return true;
        }
        lingering.spend(LINGER_TURN_NANOS);
        endsAt = nowNanos + LINGER_TURN_NANOS;
        if (!lingering.exceeds(isDelivered ? FIN_WAIT_2_NANOS : Patience.LIMIT_NANOS)) return true;
        Failure why = c.isSynchronized() ? Failure.TIMEOUT : Failure.CONNECT_TIMEOUT;
        c.end(isDelivered ? null : why.exception(), nowNanos);
        return false;
    }
}
