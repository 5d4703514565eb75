package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half: bytes in order and out of order, the window we offer (its right edge never moves back, RFC 9293
 * §3.8.6.2.2), and when an acknowledgement is due (RFC 5681 §4.2, RFC 9293 §3.8.6.3).
 */
final class ReceiveHalf {
    private static final long DELAYED_ACK_NANOS = 40_000_000;
    /** At the beginning each segment is acknowledged, so that the remote's slow start is not slowed. */
    private static final int QUICK_ACKS = 16;
    /** RFC 5961 §7: acknowledgements that prove our state to strangers, per second and connection. */
    private static final int CHALLENGES_PER_SECOND = 10;

    private static final long NO_FIN = Long.MIN_VALUE;
    static final int MAX_WINDOW_FIELD = 65_535;

    private final TcpConnection connection;
    private int capacity;
    private final ByteQueue queue;
    private final OutOfOrderQueue outOfOrder;
    private int windowScale;

    private long initial;
    private long next;
    /** The right edge as offered, and as the buffer's room alone would have it: the field's rounding adds a little. */
    private long edge;

    private long roomEdge;
    private long lastAckSent;
    private long finSequence = NO_FIN;
    private boolean finReceived;

    private boolean ackDue;
    private long ackAt = TcpStack.NEVER;
    private int bytesSinceAck;
    private int largestSegment = 536;
    private int quickAcks = QUICK_ACKS;
    private long duplicateStart;
    private long duplicateEnd;
    private long challengesSince;
    private int challenges;
    private long receivedBytes;

    ReceiveHalf(TcpConnection connection, int capacity) {
        this.connection = connection;
        this.capacity = capacity;
        queue = new ByteQueue(connection.stack.allocator);
        outOfOrder = new OutOfOrderQueue(connection.stack.allocator, 64 + capacity / 1024);
        challengesSince = connection.openedAt;
        windowScale = windowScaleOf(capacity);
    }

    /** The smallest shift by which the field can tell of a window of that size (RFC 7323 §2.3). */
    static int windowScaleOf(int windowBytes) {
        int scale = 0;
        while (windowBytes >> scale > MAX_WINDOW_FIELD) scale++;
        return scale;
    }

    /** The remote's SYN had this sequence number. */
    void start(int synSequence) {
        initial = synSequence & 0xffff_ffffL;
        next = initial + 1;
        edge = next + Math.min(capacity, MAX_WINDOW_FIELD); // our SYN offered this much
        roomEdge = edge;
        lastAckSent = next;
    }

    /** The shift of the window fields we send. */
    int windowScale() {
        return windowScale;
    }

    /** The remote does not scale (RFC 7323 §2.2). */
    void disableScaling() {
        windowScale = 0;
        capacity = Math.min(capacity, MAX_WINDOW_FIELD);
    }

    long initial() {
        return initial;
    }

    long next() {
        return next;
    }

    long edge() {
        return edge;
    }

    long lastAckSent() {
        return lastAckSent;
    }

    int unread() {
        return queue.bytes();
    }

    long receivedBytes() {
        return receivedBytes;
    }

    boolean isFinReceived() {
        return finReceived;
    }

    boolean isEnded() {
        return finReceived && queue.bytes() == 0;
    }

    long ackAt() {
        return ackAt;
    }

    boolean isAckDue() {
        return ackDue;
    }

    void acknowledgeNow() {
        ackDue = true;
    }

    /** Acknowledges within the limits of RFC 5961 §7: this connection's, and that of all together. */
    void challenge(long nowNanos) {
        if (nowNanos - challengesSince >= 1_000_000_000L) {
            challengesSince = nowNanos;
            challenges = 0;
        }
        if (ackDue || challenges >= CHALLENGES_PER_SECOND || !connection.stack.challenges.take(nowNanos)) return;
        challenges++;
        ackDue = true;
    }

    void onAckTimeout(long nowNanos) {
        if (ackAt > nowNanos) return;
        ackAt = TcpStack.NEVER;
        ackDue = true;
    }

    /** A segment with an acknowledgement leaves. */
    void onAckSent() {
        ackDue = false;
        ackAt = TcpStack.NEVER;
        bytesSinceAck = 0;
        duplicateEnd = duplicateStart;
        lastAckSent = next;
    }

    /** RFC 9293 §3.10.7.4, table 6. */
    boolean isAcceptable(long sequence, int length) {
        long window = edge - next;
        if (window == 0) return length == 0 && sequence == next;
        if (length == 0) return next <= sequence && sequence < edge;
        return sequence < edge && sequence + length > next;
    }

    /** An unacceptable segment repeats these bytes; told by D-SACK (RFC 2883). */
    void onDuplicate(long sequence, int length) {
        duplicateStart = sequence;
        duplicateEnd = Math.min(sequence + length, next);
    }

    /**
     * Takes an acceptable segment's text and FIN.
     *
     * @return whether bytes, or the end, became readable
     */
    boolean onText(Segment segment, long sequence, long nowNanos) {
        long end = sequence + segment.payloadLength;
        if (segment.is(Segment.FIN) && end < edge + 1) noteFin(end);
        if (end > edge) end = edge;
        if (finSequence != NO_FIN && end > finSequence) end = finSequence;
        long before = next;
        if (end > next) {
            if (sequence <= next) takeInOrder(segment, sequence, end, nowNanos);
            else takeOutOfOrder(segment, sequence, end);
            if (sequence < before) {
                duplicateStart = sequence;
                duplicateEnd = before;
            }
        } else if (segment.payloadLength > 0) {
            onDuplicate(sequence, segment.payloadLength);
            ackDue = true;
        }
        if (segment.is(Segment.FIN)) ackDue = true;
        if (next == finSequence && !finReceived) {
            finReceived = true;
            next++;
            edge = Math.max(edge, next);
            ackDue = true;
        }
        return next > before;
    }

    private void noteFin(long sequence) {
        // The first FIN decides; one below data that we hold contradicts it and is void.
        if (finSequence != NO_FIN || sequence < next) return;
        if (!outOfOrder.isEmpty() && sequence < outOfOrder.end()) return;
        finSequence = sequence;
    }

    private void takeInOrder(Segment segment, long sequence, long end, long nowNanos) {
        boolean fillsGap = !outOfOrder.isEmpty();
        int known = (int) (next - sequence);
        int fresh = (int) (end - next);
        queue.append(segment.packet, segment.payloadIndex + known, fresh);
        long before = next;
        next = end;
        if (fillsGap) next = outOfOrder.drainTo(queue, next);
        receivedBytes += next - before;
        if (fillsGap || quickAcks > 0) {
            quickAcks = Math.max(0, quickAcks - 1);
            ackDue = true;
            return;
        }
        largestSegment = Math.max(largestSegment, segment.payloadLength);
        bytesSinceAck += fresh;
        if (bytesSinceAck >= 2 * largestSegment) ackDue = true;
        else if (ackAt == TcpStack.NEVER) ackAt = nowNanos + DELAYED_ACK_NANOS;
    }

    private void takeOutOfOrder(Segment segment, long sequence, long end) {
        outOfOrder.add(sequence, segment.packet, segment.payloadIndex, (int) (end - sequence));
        ackDue = true;
    }

    @Nullable
    ByteBuf read() {
        ByteBuf bytes = queue.poll();
        if (bytes != null && isWindowUpdateDue()) ackDue = true;
        return bytes;
    }

    private boolean isWindowUpdateDue() {
        if (finReceived) return false;
        long opening = next + room() - edge;
        return opening >= Math.min(Math.max(2L * largestSegment, capacity / 2), capacity);
    }

    private long room() {
        return Math.max(0, capacity - queue.bytes());
    }

    /** The window of a SYN, which is never scaled (RFC 7323 §2.2). */
    int synWindowField() {
        int field = (int) Math.min(room(), MAX_WINDOW_FIELD);
        edge = Math.max(edge, next + field);
        roomEdge = Math.max(roomEdge, edge);
        return field;
    }

    /** The window field of a segment that leaves now; what it offers is kept. */
    int windowField() {
        long offer = next + room();
        roomEdge = Math.max(roomEdge, offer);
        boolean isWorthIt = offer - edge >= Math.min(capacity / 2, largestSegment);
        long wanted = Math.max(isWorthIt ? offer : edge, next);
        long field = wanted - next + (1L << windowScale) - 1 >> windowScale;
        // Rounding up keeps the edge from moving back; bounded, or a remote sending single bytes would never be
        // stopped.
        if (next + (field << windowScale) > roomEdge + capacity / 16) field = wanted - next >> windowScale;
        field = Math.min(field, MAX_WINDOW_FIELD);
        edge = Math.max(edge, next + (field << windowScale));
        return (int) field;
    }

    int sackBlockCount(int max) {
        return Math.min(max, outOfOrder.rangeCount() + (duplicateEnd > duplicateStart ? 1 : 0));
    }

    int sackBlocks(long[] blocks, int max) {
        int used = 0;
        if (duplicateEnd > duplicateStart) {
            blocks[0] = duplicateStart;
            blocks[1] = duplicateEnd;
            used = 1;
        }
        return outOfOrder.blocks(blocks, used, max);
    }

    /** Nothing more will arrive; what is in order stays readable. */
    void releaseOutOfOrder() {
        outOfOrder.release();
        ackDue = false;
        ackAt = TcpStack.NEVER;
    }

    void releaseUnread() {
        queue.release();
    }
}
