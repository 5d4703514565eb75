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
    private final TcpMemory memory;
    private final ReceiveTuning tuning;
    private final ByteQueue queue;
    private final OutOfOrderQueue outOfOrder;
    private int windowScale;
    /** What our SYN offered, before the remote's said where that begins. */
    private int synWindow;

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

    /** @param maxWindowBytes the largest window; it begins smaller, see {@link ReceiveTuning} */
    ReceiveHalf(TcpConnection connection, int maxWindowBytes) {
        this.connection = connection;
        memory = connection.stack.memory;
        tuning = new ReceiveTuning(memory, maxWindowBytes);
        queue = new ByteQueue(connection.stack.allocator, memory);
        outOfOrder = new OutOfOrderQueue(connection.stack.allocator, memory, 64 + maxWindowBytes / 1024);
        challengesSince = connection.openedAt;
        windowScale = windowScaleOf(maxWindowBytes);
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
        edge = next + synWindow;
        roomEdge = edge;
        lastAckSent = next;
    }

    /** Our SYN-ACK with a cookie offered that much. */
    void offeredByCookie(int window) {
        synWindow = window;
    }

    /** The shift of the window fields we send. */
    int windowScale() {
        return windowScale;
    }

    /** The remote does not scale (RFC 7323 §2.2). */
    void disableScaling() {
        windowScale = 0;
        tuning.limit(MAX_WINDOW_FIELD);
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
        if (memory.mustRefuse() && isRefusable(sequence)) {
            memory.countRefused();
            return false;
        }
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

    /** What keeps nothing going: beyond a gap, or in order behind bytes that nobody has read. */
    private boolean isRefusable(long sequence) {
        return sequence > next || queue.bytes() >= TcpMemory.MIN_WINDOW_BYTES;
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
        connection.stack.requestTidy(connection);
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
    ByteBuf read(long nowNanos) {
        ByteBuf bytes = queue.poll();
        if (bytes == null) return null;
        tuning.onTaken(bytes.readableBytes(), connection.send.rtt.smoothedNanos(), nowNanos);
        if (queue.bytes() > 0) connection.stack.requestTidy(connection);
        if (isWindowUpdateDue()) ackDue = true;
        return bytes;
    }

    /** The application has had its turn: what it left is not to keep more memory than it needs. */
    void tidy() {
        queue.tidy();
    }

    private boolean isWindowUpdateDue() {
        if (finReceived) return false;
        long opening = next + room() - edge;
        int capacity = tuning.bytes();
        return opening >= Math.min(Math.max(2L * largestSegment, capacity / 2), capacity);
    }

    private long room() {
        return Math.max(0, tuning.bytes() - queue.bytes());
    }

    /** The window of a SYN, which is never scaled (RFC 7323 §2.2). */
    int synWindowField() {
        int field = (int) Math.min(room(), MAX_WINDOW_FIELD);
        synWindow = field;
        edge = Math.max(edge, next + field);
        roomEdge = Math.max(roomEdge, edge);
        return field;
    }

    /** The window field of a segment that leaves now; what it offers is kept. */
    int windowField() {
        long offer = next + room();
        roomEdge = Math.max(roomEdge, offer);
        int capacity = tuning.bytes();
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
