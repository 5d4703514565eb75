package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in order, as retained slices of the buffers they came in, or copied where a slice would keep far more memory than
 * it has bytes. Positions count from the first byte ever appended, so that a sender can copy from the middle. Holds no
 * memory while empty; what it holds is charged to {@link TcpMemory}, neighbouring slices of one buffer as that buffer.
 */
final class ByteQueue {
    /** Smaller pieces are copied: they would pin a buffer many times their size. */
    private static final int COPY_BELOW_BYTES = 512;
    /** While little is queued the consumer is quick, and pinning is short. */
    private static final int SLICE_ALWAYS_BELOW_BYTES = 64 << 10;

    /** Slices out of one buffer are given out as they are when together they are at least this share of it. */
    private static final int GIVEN_SHARE = 4;
    /** And kept beyond the turn in which they came when they are this share. */
    private static final int KEPT_SHARE = 2;

    private static final int MIN_CHUNK_BYTES = 256;
    private static final int MAX_CHUNK_BYTES = 16 << 10;
    private static final ByteBuf[] NO_CHUNKS = {};
    private static final long[] NO_STARTS = {};
    private static final int[] NO_CHARGES = {};

    private final ByteBufAllocator allocator;
    private final TcpMemory memory;
    private ByteBuf[] chunks = NO_CHUNKS;
    /** What each chunk is a slice of; itself when it is ours. */
    private ByteBuf[] roots = NO_CHUNKS;
    /** What was charged for it; only with the first of neighbouring slices. */
    private int[] charges = NO_CHARGES;

    private long[] starts = NO_STARTS;
    private int head;
    private int count;
    private boolean tailIsOurs;
    private long start;
    private long end;
    /** The buffer whose slices are being given out one by one, for they are enough of it. */
    private @Nullable ByteBuf dense;

    ByteQueue(ByteBufAllocator allocator, TcpMemory memory) {
        this.allocator = allocator;
        this.memory = memory;
    }

    /** The position of the first byte. */
    long start() {
        return start;
    }

    /** The position after the last byte. */
    long end() {
        return end;
    }

    int bytes() {
        return (int) (end - start);
    }

    /** Appends {@code length} bytes at {@code index}; borrows {@code source} and retains it when slicing is cheaper. */
    void append(ByteBuf source, int index, int length) {
        boolean sparse = bytes() >= SLICE_ALWAYS_BELOW_BYTES && rootCapacity(source) > 4L * length;
        if (length < COPY_BELOW_BYTES || sparse) {
            appendCopy(source, index, length);
        } else {
            push(source.retainedSlice(index, length), root(source));
            tailIsOurs = false;
            end += length;
        }
    }

    private void appendCopy(ByteBuf source, int index, int length) {
        while (length > 0) {
            ByteBuf tail = tailIsOurs && count > 0 ? chunks[slot(count - 1)] : null;
            if (tail == null || !tail.isWritable()) {
                int wanted = Math.max(length, Math.min(bytes(), MAX_CHUNK_BYTES));
                tail = allocator.buffer(Math.clamp(wanted, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES));
                push(tail, tail);
                tailIsOurs = true;
            }
            int part = Math.min(length, tail.writableBytes());
            tail.writeBytes(source, index, part);
            index += part;
            length -= part;
            end += part;
        }
    }

    /**
     * The first piece, owned by the caller, or null. Whoever takes it may keep it for long, so that slices which are but a
     * little of their buffer are given out as one copy.
     */
    @Nullable
    ByteBuf poll() {
        if (count == 0) return null;
        ByteBuf first = chunks[head];
        ByteBuf root = roots[head];
        if (root != first && root != dense) {
            int slices = neighbours(0);
            int length = bytesOf(0, slices);
            if (length < MAX_CHUNK_BYTES && (long) length * GIVEN_SHARE < root.capacity())
                return pollCopy(length, slices);
            dense = root;
        }
        start += first.readableBytes();
        pop();
        return first;
    }

    private ByteBuf pollCopy(int length, int slices) {
        ByteBuf copy = allocator.buffer(length);
        for (int i = 0; i < slices; i++) {
            ByteBuf slice = chunks[head];
            copy.writeBytes(slice, slice.readerIndex(), slice.readableBytes());
            pop();
            slice.release();
        }
        start += length;
        return copy;
    }

    /** How many chunks from the {@code index}th on are slices of one buffer. */
    private int neighbours(int index) {
        ByteBuf root = roots[slot(index)];
        int next = index + 1;
        while (next < count && roots[slot(next)] == root) next++;
        return next - index;
    }

    private int bytesOf(int index, int chunkCount) {
        int bytes = 0;
        for (int i = index; i < index + chunkCount; i++) bytes += chunks[slot(i)].readableBytes();
        return bytes;
    }

    /** Copies what keeps far more memory than it has bytes. To be called when the consumer has had its turn. */
    void tidy() {
        for (int i = 0; i < count; i++) {
            int slices = neighbours(i);
            ByteBuf root = roots[slot(i)];
            int length = bytesOf(i, slices);
            boolean isFilling = tailIsOurs && i == count - 1;
            boolean isSparse = !isFilling && (long) length * KEPT_SHARE < root.capacity();
            if (!isSparse) i += slices - 1;
            else merge(i, slices, length);
        }
    }

    private void merge(int index, int slices, int length) {
        ByteBuf copy = allocator.buffer(length);
        for (int i = index; i < index + slices; i++) {
            ByteBuf slice = chunks[slot(i)];
            copy.writeBytes(slice, slice.readerIndex(), slice.readableBytes());
            slice.release();
        }
        memory.charge(copy.capacity() - (long) charges[slot(index)]);
        charges[slot(index)] = copy.capacity();
        chunks[slot(index)] = copy;
        roots[slot(index)] = copy;
        int removed = slices - 1;
        if (index + slices == count) tailIsOurs = false; // full
        for (int i = index + 1; removed > 0 && i + removed < count; i++) {
            chunks[slot(i)] = chunks[slot(i + removed)];
            roots[slot(i)] = roots[slot(i + removed)];
            starts[slot(i)] = starts[slot(i + removed)];
            charges[slot(i)] = charges[slot(i + removed)];
        }
        for (int i = 0; i < removed; i++) forget(slot(--count));
    }

    /** Copies bytes from the middle to the writer index of {@code target}. */
    void copyTo(long position, int length, ByteBuf target) {
        int index = find(position);
        long skip = position - starts[slot(index)];
        while (length > 0) {
            ByteBuf chunk = chunks[slot(index++)];
            int part = (int) Math.min(length, chunk.readableBytes() - skip);
            target.writeBytes(chunk, chunk.readerIndex() + (int) skip, part);
            length -= part;
            skip = 0;
        }
    }

    /** Lets go of everything before {@code position}. */
    void discardTo(long position) {
        while (start < position) {
            ByteBuf first = chunks[head];
            int part = (int) Math.min(position - start, first.readableBytes());
            start += part;
            if (part < first.readableBytes()) {
                first.skipBytes(part);
                starts[head] = start;
            } else {
                pop();
                first.release();
            }
        }
    }

    void release() {
        discardTo(end);
    }

    private int find(long position) {
        if (position < start || position >= end) throw new AssertionError(position + " is not in " + start + "…" + end);
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (starts[slot(middle)] <= position) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    private void push(ByteBuf chunk, ByteBuf root) {
        if (count == chunks.length) grow();
        boolean isCharged = count > 0 && roots[slot(count - 1)] == root;
        int charge = isCharged ? 0 : root.capacity();
        memory.charge(charge);
        charges[slot(count)] = charge;
        chunks[slot(count)] = chunk;
        roots[slot(count)] = root;
        starts[slot(count)] = end;
        count++;
    }

    private void pop() {
        ByteBuf root = roots[head];
        int charge = charges[head];
        forget(head);
        head = (head + 1) & (chunks.length - 1);
        count--;
        if (count > 0 && roots[head] == root) {
            charges[head] = charge;
            return;
        }
        memory.charge(-charge);
        dense = null;
        if (count > 0) return;
        tailIsOurs = false;
        head = 0;
        chunks = NO_CHUNKS;
        roots = NO_CHUNKS;
        starts = NO_STARTS;
        charges = NO_CHARGES;
    }

    @SuppressWarnings("DataFlowIssue") // a free slot holds null
    private void forget(int slot) {
        chunks[slot] = null;
        roots[slot] = null;
    }

    private int slot(int index) {
        return (head + index) & (chunks.length - 1);
    }

    private void grow() {
        int capacity = Math.max(4, 2 * chunks.length);
        ByteBuf[] largerChunks = new ByteBuf[capacity];
        ByteBuf[] largerRoots = new ByteBuf[capacity];
        long[] largerStarts = new long[capacity];
        int[] largerCharges = new int[capacity];
        for (int i = 0; i < count; i++) {
            largerChunks[i] = chunks[slot(i)];
            largerRoots[i] = roots[slot(i)];
            largerStarts[i] = starts[slot(i)];
            largerCharges[i] = charges[slot(i)];
        }
        chunks = largerChunks;
        roots = largerRoots;
        starts = largerStarts;
        charges = largerCharges;
        head = 0;
    }

    /** What holding a slice of {@code buffer} keeps from its pool. */
    static int rootCapacity(ByteBuf buffer) {
        return root(buffer).capacity();
    }

    private static ByteBuf root(ByteBuf buffer) {
        ByteBuf root = buffer;
        for (ByteBuf parent = root.unwrap(); parent != null; parent = root.unwrap()) root = parent;
        return root;
    }
}
