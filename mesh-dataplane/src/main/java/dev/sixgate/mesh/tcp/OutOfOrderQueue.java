package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;

/**
 * What arrived beyond a gap, and the SACK blocks that tell of it (RFC 2018 §4). Bounded in pieces; bytes are bounded by
 * the window. When full, more is dropped: what is held was promised by a SACK and is kept.
 */
final class OutOfOrderQueue {
    private static final ByteBuf[] NO_PIECES = {};
    private static final long[] NO_STARTS = {};
    static final int MAX_BLOCKS = 4;

    private final ByteBufAllocator allocator;
    private final TcpMemory memory;
    private final int limit;
    private final SequenceRanges ranges;
    private ByteBuf[] pieces = NO_PIECES;
    private long[] starts = NO_STARTS;
    private int head;
    private int count;
    /** A sequence number inside each of the ranges that grew last, latest first. */
    private final long[] recent = new long[MAX_BLOCKS];

    private int recentCount;

    OutOfOrderQueue(ByteBufAllocator allocator, TcpMemory memory, int limit) {
        this.allocator = allocator;
        this.memory = memory;
        this.limit = limit;
        ranges = new SequenceRanges(limit);
    }

    boolean isEmpty() {
        return count == 0;
    }

    int pieces() {
        return count;
    }

    int rangeCount() {
        return ranges.count();
    }

    /** The end of the highest range; only when not empty. */
    long end() {
        return ranges.end(ranges.count() - 1);
    }

    /**
     * Keeps what is new of {@code [start, start + length)}; bytes that are held already win over later ones.
     *
     * @param source borrowed
     */
    void add(long start, ByteBuf source, int index, int length) {
        long end = start + length;
        long from = start;
        while (from < end && count < limit) {
            int range = ranges.firstEndingAfter(from);
            boolean beforeRange = range < ranges.count();
            if (beforeRange && ranges.start(range) <= from) {
                from = ranges.end(range);
                continue;
            }
            long to = beforeRange ? Math.min(end, ranges.start(range)) : end;
            insert(from, hold(source, index + (int) (from - start), (int) (to - from)));
            ranges.add(from, to);
            from = to;
        }
        if (ranges.indexOf(start) >= 0) remember(start);
    }

    private ByteBuf hold(ByteBuf source, int index, int length) {
        // These wait for a round trip or more, so none may pin a receive buffer many times its size.
        if (ByteQueue.rootCapacity(source) <= 4L * length) return source.retainedSlice(index, length);
        return allocator.buffer(length).writeBytes(source, index, length);
    }

    private void insert(long start, ByteBuf piece) {
        if (head + count == pieces.length) makeRoom();
        int at = Arrays.binarySearch(starts, head, head + count, start);
        if (at >= 0) throw new AssertionError("sequence " + start + " is held twice");
        at = -at - 1;
        System.arraycopy(pieces, at, pieces, at + 1, head + count - at);
        System.arraycopy(starts, at, starts, at + 1, head + count - at);
        pieces[at] = piece;
        starts[at] = start;
        count++;
        memory.charge(ByteQueue.rootCapacity(piece));
    }

    private void makeRoom() {
        int capacity = head > count ? pieces.length : Math.max(8, 2 * pieces.length);
        ByteBuf[] newPieces = new ByteBuf[capacity];
        long[] newStarts = new long[capacity];
        System.arraycopy(pieces, head, newPieces, 0, count);
        System.arraycopy(starts, head, newStarts, 0, count);
        pieces = newPieces;
        starts = newStarts;
        head = 0;
    }

    private void remember(long sequence) {
        int range = ranges.indexOf(sequence);
        int kept = 0;
        long[] before = recent.clone();
        int countBefore = recentCount;
        recent[kept++] = sequence;
        for (int i = 0; i < countBefore && kept < MAX_BLOCKS; i++)
            if (ranges.indexOf(before[i]) != range && ranges.indexOf(before[i]) >= 0) recent[kept++] = before[i];
        recentCount = kept;
    }

    /**
     * Moves what now follows without a gap into {@code queue}.
     *
     * @return the new next expected sequence number
     */
    @SuppressWarnings("DataFlowIssue") // a free slot holds null
    long drainTo(ByteQueue queue, long next) {
        while (count > 0 && starts[head] <= next) {
            ByteBuf piece = pieces[head];
            int known = (int) Math.min(next - starts[head], piece.readableBytes());
            int fresh = piece.readableBytes() - known;
            if (fresh > 0) queue.append(piece, piece.readerIndex() + known, fresh);
            next += fresh;
            letGo(piece);
            pieces[head++] = null;
            count--;
        }
        ranges.removeBelow(next);
        if (count == 0) release();
        return next;
    }

    /**
     * The ranges to report: the one that grew last first, then the ones before it, then the lowest.
     *
     * @param blocks start and end of each, from {@code used} on
     * @return how many are in {@code blocks}
     */
    int blocks(long[] blocks, int used, int max) {
        int first = used;
        for (int i = 0; i < recentCount && used < max; i++)
            used = block(blocks, first, used, ranges.indexOf(recent[i]));
        for (int i = 0; i < ranges.count() && used < max; i++) used = block(blocks, first, used, i);
        return used;
    }

    private int block(long[] blocks, int first, int used, int range) {
        if (range < 0) return used;
        for (int i = first; i < used; i++)
            if (blocks[2 * i] == ranges.start(range) && blocks[2 * i + 1] == ranges.end(range)) return used;
        blocks[2 * used] = ranges.start(range);
        blocks[2 * used + 1] = ranges.end(range);
        return used + 1;
    }

    private void letGo(ByteBuf piece) {
        memory.charge(-ByteQueue.rootCapacity(piece));
        piece.release();
    }

    void release() {
        for (int i = head; i < head + count; i++) letGo(pieces[i]);
        pieces = NO_PIECES;
        starts = NO_STARTS;
        head = 0;
        count = 0;
        recentCount = 0;
        ranges.clear();
    }
}
