package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.BindException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Listening ports, and what their segments without a connection become: a pending connection, or a SYN cookie while too
 * many are half-open (RFC 4987 §3.6).
 */
final class Listeners {
    private final TcpStack stack;
    private final SynCookies cookies;
    private final Map<Integer, List<TcpListener>> byPort = new LinkedHashMap<>();
    private final ArrayDeque<TcpListener> ready = new ArrayDeque<>();
    long cookiesSent;
    long cookiesAccepted;

    Listeners(TcpStack stack, RandomGenerator random, long nowNanos) {
        this.stack = stack;
        cookies = new SynCookies(random, nowNanos);
    }

    boolean isTaken(int port) {
        return byPort.containsKey(port);
    }

    void add(TcpListener listener) throws BindException {
        List<TcpListener> there = byPort.computeIfAbsent(listener.localPort(), each -> new ArrayList<>(1));
        Ipv6Address local = listener.localAddress();
        for (TcpListener other : there)
            if (Objects.equals(other.localAddress(), local))
                throw new BindException((local == null ? "port " : "[" + local + "]:") + listener.localPort()
                        + " already has a listener");
        there.add(listener);
    }

    void remove(TcpListener listener) {
        List<TcpListener> there = byPort.get(listener.localPort());
        if (there == null) return;
        there.remove(listener);
        if (there.isEmpty()) byPort.remove(listener.localPort());
    }

    void clear() {
        byPort.clear();
        ready.clear();
    }

    @Nullable
    TcpListener find(long high, long low, int port) {
        List<TcpListener> there = byPort.get(port);
        if (there == null) return null;
        TcpListener any = null;
        for (TcpListener each : there) {
            Ipv6Address address = each.localAddress();
            if (address == null) any = each;
            else if (address.high() == high && address.low() == low) return each;
        }
        return any;
    }

    /** The next listener with a connection for the application to answer, or null. */
    @Nullable
    TcpListener pollReady() {
        for (TcpListener listener = ready.poll(); listener != null; listener = ready.poll()) {
            listener.isQueued = false;
            if (listener.hasPending()) return listener;
        }
        return null;
    }

    private void enqueue(TcpListener listener) {
        if (listener.isQueued) return;
        listener.isQueued = true;
        ready.add(listener);
    }

    /**
     * A pending connection, or a cookie while too many are half-open. When the application itself is behind, the SYN is
     * dropped, so that it comes again.
     *
     * @param waiting the slot of the four-tuple in TIME-WAIT, which the SYN may replace, or {@link TcpStack#NO_TIME_WAIT}
     */
    void onSyn(TcpListener listener, Segment s, int waiting, long nowNanos) {
        if (listener.isBehind() || stack.isFull() || s.sourcePort == 0) return;
        Ipv6Address local = new Ipv6Address(s.destinationHigh, s.destinationLow);
        Ipv6Address remote = new Ipv6Address(s.sourceHigh, s.sourceLow);
        if (listener.isFull()) {
            if (waiting != TcpStack.NO_TIME_WAIT) stack.timeWait.remove(waiting);
            sendCookie(listener, s, local, remote, nowNanos);
            return;
        }
        int initialSequence = stack.initialSequence(local, s.destinationPort, remote, s.sourcePort, waiting, nowNanos);
        if (waiting != TcpStack.NO_TIME_WAIT) stack.timeWait.remove(waiting);
        TcpConnection connection = connection(listener, s, local, remote, initialSequence, nowNanos);
        connection.opening.takeSyn(s, nowNanos);
        stack.add(connection);
        listener.add(connection);
        enqueue(listener);
    }

    private TcpConnection connection(
            TcpListener listener,
            Segment s,
            Ipv6Address local,
            Ipv6Address remote,
            int initialSequence,
            long nowNanos) {
        return new TcpConnection(
                stack,
                local,
                s.destinationPort,
                remote,
                s.sourcePort,
                listener.options,
                listener,
                initialSequence,
                stack.timestampOffset(local, s.destinationPort, remote, s.sourcePort),
                nowNanos);
    }

    private void sendCookie(TcpListener listener, Segment s, Ipv6Address local, Ipv6Address remote, long nowNanos) {
        int offset = stack.timestampOffset(local, s.destinationPort, remote, s.sourcePort);
        int timestamp = SynCookies.timestamp(Timestamps.ticks(nowNanos) + offset, s);
        stack.answers.synAck(
                s, cookies.cookie(s, nowNanos), stack.maxSegment(), listener.options.receiveBufferBytes(), timestamp);
        listener.cookieSentAt = nowNanos;
        listener.hasSentCookies = true;
        cookiesSent++;
    }

    /**
     * The acknowledgement of a cookie opens a connection: established, and still the application's to refuse. While the
     * application is behind it is dropped; the remote's first data brings it again.
     *
     * @return false: it acknowledges no cookie of ours
     */
    boolean onAcknowledgement(TcpListener listener, Segment s, long nowNanos) {
        // Guessing 24 bits is worth it only while cookies are in use.
        boolean isExpected = listener.hasSentCookies && nowNanos - listener.cookieSentAt <= 2 * SynCookies.PERIOD_NANOS;
        if (!isExpected || s.is(Segment.RST | Segment.SYN)) return false;
        int segmentBytes = cookies.segmentBytes(s, nowNanos);
        if (segmentBytes == SynCookies.INVALID) return false;
        if (listener.isBehind() || stack.isFull()) return true;
        Ipv6Address local = new Ipv6Address(s.destinationHigh, s.destinationLow);
        Ipv6Address remote = new Ipv6Address(s.sourceHigh, s.sourceLow);
        TcpConnection connection = connection(listener, s, local, remote, s.acknowledgment - 1, nowNanos);
        connection.opening.takeCookie(s, segmentBytes, nowNanos);
        stack.add(connection);
        listener.addCompleted(connection);
        cookiesAccepted++;
        SegmentArrival.process(connection, s, nowNanos);
        connection.settle();
        enqueue(listener);
        return true;
    }
}
