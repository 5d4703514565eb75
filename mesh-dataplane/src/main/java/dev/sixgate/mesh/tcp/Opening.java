package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;

/** The handshake of one connection: our SYN or SYN-ACK, its repetitions, and what the two SYNs agree on. */
final class Opening {
    /** RFC 9293 §3.7.1: what a remote without the option takes over IPv6. */
    static final int DEFAULT_MSS = 1220;
    /** Less would let a remote have its data sent in dust. */
    static final int MIN_MSS = 88;

    private final TcpConnection connection;
    private boolean isSynDue;
    private int synsSent;
    private long synSentAt;
    private long connectNanos = -1;

    Opening(TcpConnection connection) {
        this.connection = connection;
    }

    /** SYN to the answer that completed the handshake, or -1. */
    long connectNanos() {
        return connectNanos;
    }

    void requestSyn() {
        isSynDue = true;
        connection.stack.requestTransmit(connection);
    }

    boolean poll(ByteBuf target, boolean isAnswer, long nowNanos) {
        if (!isSynDue) return false;
        isSynDue = false;
        SendHalf send = connection.send;
        if (synsSent++ == 0) synSentAt = nowNanos;
        else send.retransmission.countResent();
        send.onSynSent();
        connection.stack.writer.writeSyn(connection, target, isAnswer, nowNanos);
        send.retransmission.restartTimer(nowNanos);
        return true;
    }

    void onTimeout() {
        connection.send.rtt.backOff();
        connection.send.retransmission.stopTimer();
        requestSyn();
    }

    void onPathRestored() {
        connection.send.rtt.endBackoff();
        requestSyn();
    }

    /** Negotiates by the remote's SYN (RFC 7323 §2.2 and §3.2, RFC 2018 §2, RFC 6691). */
    void takeSyn(Segment syn, long nowNanos) {
        TcpConnection c = connection;
        c.receive.start(syn.sequence);
        c.send.limitSegment(segmentOf(syn));
        c.sackPermitted = syn.sackPermitted;
        c.windowScaling = syn.windowScale >= 0;
        c.send.windowScale = Math.max(syn.windowScale, 0);
        if (!c.windowScaling) c.receive.disableScaling();
        if (syn.timestamps) c.timestamps.enable(syn, nowNanos);
    }

    /** The largest segment that the sender of {@code syn} takes. */
    static int segmentOf(Segment syn) {
        return syn.mss < 0 ? DEFAULT_MSS : Math.max(syn.mss, MIN_MSS);
    }

    /** What the two SYNs agreed on, out of the acknowledgement of a cookie ({@link SynCookies}). */
    void takeCookie(Segment ack, int segmentBytes, long nowNanos) {
        TcpConnection c = connection;
        c.isUnanswered = true;
        c.state = TcpConnection.State.SYN_RECEIVED;
        c.receive.offeredByCookie(Math.min(c.options.receiveBufferBytes(), ReceiveHalf.MAX_WINDOW_FIELD));
        c.receive.start(ack.sequence - 1);
        c.send.limitSegment(segmentBytes);
        c.send.onSynSent();
        int scale = ack.timestamps ? SynCookies.windowScale(ack.timestampEcho) : -1;
        c.sackPermitted = ack.timestamps && SynCookies.sackPermitted(ack.timestampEcho);
        c.windowScaling = scale >= 0;
        c.send.windowScale = Math.max(scale, 0);
        if (!c.windowScaling) c.receive.disableScaling();
        if (ack.timestamps) c.timestamps.enable(ack, nowNanos);
    }

    /** Our SYN was acknowledged: the first round-trip time, and the first congestion window. */
    void complete(Segment segment, long nowNanos) {
        SendHalf send = connection.send;
        connectNanos = nowNanos - connection.openedAt;
        send.congestion.onSegmentSize(send.segmentBytes());
        if (synsSent == 0) return; // a cookie: nobody knows when it was sent
        if (synsSent == 1) {
            send.rtt.sample(nowNanos - synSentAt);
            if (!connection.isPassive())
                connection.stack.connectTimes().add(connection.remoteAddress(), nowNanos - synSentAt);
            return;
        }
        send.congestion.onSynLost();
        long elapsed = connection.timestamps.elapsedNanos(segment, connection.openedAt, nowNanos);
        if (elapsed >= 0) send.rtt.sample(elapsed);
        else send.rtt.distrustSyn();
    }
}
