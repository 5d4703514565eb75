package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.PathMtuCache;

/**
 * What one connection does about the path's MTU (RFC 8899 in the manner of RFC 4821): follows what {@link PathMtuCache} knows,
 * tells it of black holes, and now and then sends data in a larger segment to see whether it passes. A probe that is lost
 * alone is data to send again and no sign of congestion (RFC 4821 §7.7).
 */
final class PathProbe {
    private static final long NONE = -1;
    private static final int HEADERS = Segment.IPV6_HEADER + Segment.HEADER;
    /** The acknowledgements of so many full segments behind a probe show quickly whether it was lost. */
    private static final int SEGMENTS_BEHIND = 2;
    /**
     * A path that drops what is too big and says nothing looks like one that drops everything: so often in vain, and
     * segments are cut to what every path takes (RFC 4821 §7.7, RFC 8899 §4.3).
     */
    private static final int BLACK_HOLE_TIMEOUTS = 2;
    /** The same where later and smaller segments get through, so that no timer fires. */
    private static final int BLACK_HOLE_REPETITIONS = 4;

    private final TcpConnection connection;
    private final PathMtuCache cache;
    private int seenVersion;
    private long from = NONE;
    private long to = NONE;
    private int probeBytes;
    private int repetitions;

    PathProbe(TcpConnection connection) {
        this.connection = connection;
        cache = connection.stack.pathMtus();
        seenVersion = cache.version();
    }

    /** The MSS that the path allows when a connection opens. */
    int openingMss(long nowNanos) {
        return cache.mtu(connection.remoteAddress(), nowNanos) - HEADERS;
    }

    /** Before anything leaves: takes over what this and other connections to the same destination have learned. */
    void follow(long nowNanos) {
        if (seenVersion == cache.version()) return;
        seenVersion = cache.version();
        connection.send.pathTakes(cache.mtu(connection.remoteAddress(), nowNanos) - HEADERS);
    }

    /**
     * How much payload the next segment carries if it is to be a probe, or 0.
     *
     * @param full payload of an ordinary full segment now
     * @param unsent bytes that wait, all of them within the remote's window
     */
    int payload(int full, long unsent, long nowNanos) {
        SendHalf send = connection.send;
        if (from != NONE || send.mss() >= send.mssLimit() || !send.retransmission.mayProbePath()) return 0;
        if (unsent < (long) (SEGMENTS_BEHIND + 1) * send.mssLimit()) return 0;
        int bytes = cache.nextProbe(connection.remoteAddress(), send.mss() + HEADERS, nowNanos);
        if (bytes == 0) return 0;
        probeBytes = Math.min(bytes, send.mssLimit() + HEADERS);
        return full + probeBytes - HEADERS - send.mss();
    }

    void onSent(long first, long end) {
        from = first;
        to = end;
    }

    /** A segment that was sent once arrived. */
    void onDelivered(long first, long end, long nowNanos) {
        if (end != to || first != from) return;
        from = NONE;
        to = NONE;
        cache.onProbePassed(connection.remoteAddress(), probeBytes, nowNanos);
    }

    /** Whether the probe is all that is lost. */
    boolean isOnlyLoss(SentSegments segments) {
        if (from == NONE || segments.lostBytes() != to - from) return false;
        int index = segments.find(from);
        return index < segments.count()
                && segments.start(index) == from
                && segments.end(index) == to
                && segments.is(index, SentSegments.LOST);
    }

    /** @param isHead it is the oldest in flight */
    void onResent(long first, boolean isHead, long nowNanos) {
        if (isHead) repetitions++;
        if (from == NONE || first < from || first >= to) return;
        from = NONE;
        to = NONE;
        cache.onProbeLost(connection.remoteAddress(), probeBytes, nowNanos);
    }

    void onProgress() {
        repetitions = 0;
    }

    /** The timer fired so often in vain. */
    void onTimeout(int timeouts, long nowNanos) {
        if (timeouts >= BLACK_HOLE_TIMEOUTS) suspectBlackHole(nowNanos);
    }

    /** The oldest segment is lost once more, while others arrive. */
    void onHeadLost(long nowNanos) {
        if (repetitions >= BLACK_HOLE_REPETITIONS) suspectBlackHole(nowNanos);
    }

    private void suspectBlackHole(long nowNanos) {
        repetitions = 0;
        cache.onBlackHole(connection.remoteAddress(), nowNanos);
    }

    void onTooBig(int mtu, long nowNanos) {
        if (mtu < connection.send.mss() + HEADERS) cache.onTooBig(connection.remoteAddress(), mtu, nowNanos);
    }
}
