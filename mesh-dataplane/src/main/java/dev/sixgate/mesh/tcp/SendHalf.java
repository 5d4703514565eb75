package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;

/**
 * The sending half: the send buffer, the remote's window, and when a new segment may leave (RFC 9293 §3.8.6, sender's
 * silly window avoidance §3.8.6.2.1, Nagle §3.7.4, zero-window probes §3.8.6.1).
 */
final class SendHalf {
    private static final long MAX_PERSIST_NANOS = 60_000_000_000L;
    private static final long NOT_HELD = Long.MIN_VALUE;

    private final TcpConnection connection;
    private final long initial;
    private final ByteQueue buffer;
    private final int capacity;
    final RttEstimator rtt = new RttEstimator();
    final CongestionControl congestion;
    private final Pacer pacer = new Pacer();
    final Retransmission retransmission;

    private long unacked;
    private long next;
    private long window;
    private long windowEnd;
    private long maxWindow;
    private long windowSequence;
    private long windowAck;
    int windowScale;

    /** What the remote and our own link take in one segment, options included; and what the path takes of that. */
    private int mssLimit;

    private int mss;
    private final int openingMss;

    private boolean finRequested;
    private boolean finSent;
    private boolean refusedBytes;

    private long lastSentAt;

    private long persistAt = TcpStack.NEVER;
    private final Patience patience = new Patience();
    private long probedAt;
    private int persistProbes;
    private boolean probeDue;
    private boolean partialAllowed;
    private long heldSince = NOT_HELD;
    private long heldNanos;
    private long sentBytes;

    SendHalf(TcpConnection connection, int initialSequence, int capacity, int mss, int openingMss) {
        this.connection = connection;
        this.capacity = capacity;
        mssLimit = mss;
        this.openingMss = openingMss;
        this.mss = Math.min(mss, openingMss);
        initial = initialSequence & 0xffff_ffffL;
        unacked = initial;
        next = initial;
        buffer = new ByteQueue(connection.stack.allocator, connection.stack.memory);
        congestion = connection.options.congestionControl().create(rtt, initialSequence);
        retransmission = new Retransmission(connection, this, rtt, congestion);
    }

    long unacked() {
        return unacked;
    }

    long next() {
        return next;
    }

    long flight() {
        return next - unacked;
    }

    long window() {
        return window;
    }

    long windowEnd() {
        return windowEnd;
    }

    long maxWindow() {
        return maxWindow;
    }

    long persistAt() {
        return persistAt;
    }

    int mss() {
        return mss;
    }

    int mssLimit() {
        return mssLimit;
    }

    /** Payload of a full segment (SMSS of RFC 5681). */
    int segmentBytes() {
        return mss - connection.timestampBytes();
    }

    long sentBytes() {
        return sentBytes;
    }

    long heldNanos(long nowNanos) {
        return heldNanos + (heldSince == NOT_HELD ? 0 : nowNanos - heldSince);
    }

    boolean isFinRequested() {
        return finRequested;
    }

    boolean isFinAcknowledged() {
        return finSent && unacked == next;
    }

    boolean hasUnacknowledgedData() {
        return buffer.bytes() > 0;
    }

    int free() {
        return Math.max(0, capacity() - buffer.bytes());
    }

    private int capacity() {
        return connection.stack.memory.sendBytes(capacity, congestion.window());
    }

    /** Takes what fits and advances the reader index. */
    int write(ByteBuf data) {
        int length = Math.min(free(), data.readableBytes());
        if (length > 0) {
            buffer.append(data, data.readerIndex(), length);
            data.skipBytes(length);
        }
        refusedBytes = data.isReadable();
        return length;
    }

    /** Whether {@link #write} was refused and enough room has come since; true once. */
    boolean takeWritable() {
        if (!refusedBytes || free() < Math.min(capacity() / 2, 64 << 10)) return false;
        refusedBytes = false;
        return true;
    }

    void requestFin() {
        finRequested = true;
    }

    /** For the SYN: what is too big for the path there is likely so on the way back, whose sender may not find out. */
    int mssToOffer() {
        return Math.min(connection.stack.maxSegment(), openingMss);
    }

    /** A SYN leaves; it has the first sequence number. */
    void onSynSent() {
        next = initial + 1;
    }

    long initial() {
        return initial;
    }

    /** Our SYN is acknowledged; {@code window} is in bytes. */
    void onSynAcknowledged(long sequence, long ack, long offered) {
        unacked = initial + 1;
        setWindow(sequence, ack, offered);
        retransmission.stopTimer();
    }

    /** The remote's MSS option, bounded by our own MTU. */
    void limitSegment(int remoteMss) {
        mssLimit = Math.min(mssLimit, remoteMss);
        mss = Math.min(mss, mssLimit);
    }

    /** The path takes so much per segment; what is in flight and larger is cut anew. */
    void pathTakes(int bytes) {
        int before = mss;
        mss = Math.min(bytes, mssLimit);
        if (mss == before) return;
        congestion.onSegmentSize(segmentBytes());
        if (mss < before) retransmission.onSmallerSegments();
    }

    /** Where data ends: the sequence number of the FIN. */
    private long dataEnd() {
        return initial + 1 + buffer.end();
    }

    /** Writes the next segment that carries data or FIN; false: none may leave now. */
    boolean poll(ByteBuf target, long nowNanos) {
        connection.pathProbe.follow(nowNanos);
        return retransmission.poll(target, nowNanos)
                || pollNew(target, nowNanos)
                || retransmission.pollProbe(target, nowNanos);
    }

    private boolean pollNew(ByteBuf target, long nowNanos) {
        if (finSent) return false;
        int unsent = (int) (dataEnd() - next);
        if (unsent == 0 && !finRequested) {
            retransmission.onNothingToSend();
            return false;
        }
        int full = connection.payloadBytes();
        int length = Math.min(unsent, full);
        long usable = windowEnd - next;
        if (usable < Math.max(length, 1)) {
            boolean isWorthIt = usable > 0 && (partialAllowed || 2 * usable >= maxWindow);
            if (!isWorthIt) {
                holdForWindow(nowNanos);
                return false;
            }
            length = (int) usable;
        } else if (length < full && !finRequested && !connection.options.noDelay() && flight() > 0) {
            return false;
        }
        if (!retransmission.admits(Math.max(length, 1)) || isPaced(nowNanos)) return false;
        int probe = length < full ? 0 : connection.pathProbe.payload(full, Math.min(unsent, usable), nowNanos);
        if (probe > 0) length = probe;
        if (flight() == 0) congestion.onRestart(nowNanos - lastSentAt > rtt.timeoutNanos(), nowNanos);
        boolean fin = finRequested && length == unsent && usable > length;
        long to = next + length + (fin ? 1 : 0);
        long from = next;
        next = to;
        finSent = fin;
        sentBytes += length;
        emit(target, from, to, nowNanos);
        lastSentAt = nowNanos;
        endHold(nowNanos);
        retransmission.onSent(from, to, nowNanos);
        if (probe > 0) connection.pathProbe.onSent(from, to);
        return true;
    }

    /** Writes the segment for {@code [from, to)}, which may end with the FIN. */
    void emit(ByteBuf target, long from, long to, long nowNanos) {
        long end = dataEnd();
        int length = (int) (Math.min(to, end) - from);
        int flags = Segment.ACK;
        if (length > 0 && from + length == end) flags |= Segment.PSH;
        if (to > end) flags |= Segment.FIN;
        connection.writeSegment(target, from, flags, length, nowNanos);
        pacer.onSent(length, congestion.pacingRate(), nowNanos);
    }

    /** Whether pacing lets nothing out now; {@link #pacedUntil} then tells when it will. */
    boolean isPaced(long nowNanos) {
        return pacer.holds(congestion.pacingRate(), nowNanos);
    }

    long pacedUntil() {
        return pacer.dueAt();
    }

    void onPacingTimeout() {
        pacer.onTimeout();
    }

    /** Something new could leave, congestion and pacing apart. */
    boolean hasNewData() {
        return !finSent && windowEnd > next && (finRequested || dataEnd() > next);
    }

    void copyPayload(long sequence, int length, ByteBuf target) {
        buffer.copyTo(sequence - initial - 1, length, target);
    }

    private void holdForWindow(long nowNanos) {
        if (heldSince == NOT_HELD) heldSince = nowNanos;
        // With data in flight an acknowledgement, or the retransmission timer, brings the news.
        if (flight() > 0 || persistAt != TcpStack.NEVER) return;
        patience.renew();
        probedAt = nowNanos;
        persistProbes = 0;
        persistAt = nowNanos + persistNanos();
    }

    private long persistNanos() {
        return Math.min(rtt.timeoutNanos() << Math.min(persistProbes, 10), MAX_PERSIST_NANOS);
    }

    private void endHold(long nowNanos) {
        persistAt = TcpStack.NEVER;
        probeDue = false;
        partialAllowed = false;
        if (heldSince == NOT_HELD) return;
        heldNanos += nowNanos - heldSince;
        heldSince = NOT_HELD;
    }

    /** @return false: the remote has stopped answering probes, the connection is to end */
    boolean onPersistTimeout(long nowNanos) {
        if (connection.lastReceivedAt > probedAt) patience.renew();
        else patience.spend(persistNanos());
        if (patience.isOver()) return false;
        probedAt = nowNanos;
        if (windowEnd > next) partialAllowed = true; // §3.8.6.2.1 (4): the override timeout
        else probeDue = true;
        persistProbes++;
        persistAt = nowNanos + persistNanos();
        return true;
    }

    void requestProbe() {
        probeDue = true;
    }

    /**
     * Zero-window and keepalive probes: an old sequence number without data, which every remote answers with its window
     * (RFC 9293 §3.8.4, §3.10.7.4). New data beyond the window would be in flight, and lost, when it opens.
     */
    boolean pollProbe(ByteBuf target, long nowNanos) {
        if (!probeDue) return false;
        probeDue = false;
        connection.writeSegment(target, unacked - 1, Segment.ACK, 0, nowNanos);
        return true;
    }

    /** An acknowledgement in {@code [unacked, next]}; {@code offered} is the window in bytes. */
    void onAck(Segment segment, long sequence, long ack, long offered, long nowNanos) {
        boolean repeats = ack == unacked && flight() > 0 && segment.length() == 0 && offered == window;
        boolean isNewer = windowSequence < sequence || windowSequence == sequence && windowAck <= ack;
        if (isNewer) setWindow(sequence, ack, offered);
        retransmission.onAck(segment, ack, repeats, nowNanos);
    }

    /** Everything below {@code ack} has arrived. */
    void acknowledge(long ack) {
        unacked = ack;
        buffer.discardTo(Math.min(ack - initial - 1, buffer.end()));
    }

    private void setWindow(long sequence, long ack, long offered) {
        window = offered;
        windowEnd = ack + offered;
        windowSequence = sequence;
        windowAck = ack;
        maxWindow = Math.max(maxWindow, offered);
    }

    void release() {
        buffer.release();
        pacer.onTimeout();
        retransmission.release();
        persistAt = TcpStack.NEVER;
        probeDue = false;
        refusedBytes = false;
    }
}
