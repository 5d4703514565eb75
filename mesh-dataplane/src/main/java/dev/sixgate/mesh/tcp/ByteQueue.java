package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in order, as retained slices of the buffers they came in. Positions count from the first byte ever appended, so
 * that a sender can copy from the middle. Holds no memory while empty.
 */
final class ByteQueue {
    /** Smaller pieces are copied: they would pin a buffer many times their size. */
    private static final int COPY_BELOW_BYTES = 512;
    /** While little is queued the consumer is quick, and pinning is short. */
    private static final int SLICE_ALWAYS_BELOW_BYTES = 64 << 10;

    private static final int CHUNK_BYTES = 2048;
    private static final int MAX_CHUNK_BYTES = 16 << 10;
    private static final ByteBuf[] NO_CHUNKS = {};
    private static final long[] NO_STARTS = {};

    private final ByteBufAllocator allocator;
    private ByteBuf[] chunks = NO_CHUNKS;
    private long[] starts = NO_STARTS;
    private int head;
    private int count;
    private boolean tailIsOurs;
    private long start;
    private long end;

    ByteQueue(ByteBufAllocator allocator) {
        this.allocator = allocator;
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
            push(source.retainedSlice(index, length));
            tailIsOurs = false;
            end += length;
        }
    }

    private void appendCopy(ByteBuf source, int index, int length) {
        while (length > 0) {
            ByteBuf tail = tailIsOurs && count > 0 ? chunks[slot(count - 1)] : null;
            if (tail == null || !tail.isWritable()) {
                tail = allocator.buffer(Math.clamp(length, CHUNK_BYTES, MAX_CHUNK_BYTES));
                push(tail);
                tailIsOurs = true;
            }
            int part = Math.min(length, tail.writableBytes());
            tail.writeBytes(source, index, part);
            index += part;
            length -= part;
            end += part;
        }
    }

    /** The first piece, owned by the caller, or null. */
    @Nullable
    ByteBuf poll() {
        if (count == 0) return null;
        ByteBuf first = chunks[head];
        start += first.readableBytes();
        pop();
        return first;
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

    private void push(ByteBuf chunk) {
        if (count == chunks.length) grow();
        chunks[slot(count)] = chunk;
        starts[slot(count)] = end;
        count++;
    }

    @SuppressWarnings("DataFlowIssue") // a free slot holds null
    private void pop() {
        chunks[head] = null;
        head = (head + 1) & (chunks.length - 1);
        count--;
        if (count > 0) return;
        tailIsOurs = false;
        head = 0;
        chunks = NO_CHUNKS;
        starts = NO_STARTS;
    }

    private int slot(int index) {
        return (head + index) & (chunks.length - 1);
    }

    private void grow() {
        int capacity = Math.max(4, 2 * chunks.length);
        ByteBuf[] largerChunks = new ByteBuf[capacity];
        long[] largerStarts = Arrays.copyOf(NO_STARTS, capacity);
        for (int i = 0; i < count; i++) {
            largerChunks[i] = chunks[slot(i)];
            largerStarts[i] = starts[slot(i)];
        }
        chunks = largerChunks;
        starts = largerStarts;
        head = 0;
    }

    /** What holding a slice of {@code buffer} keeps from its pool. */
    static int rootCapacity(ByteBuf buffer) {
        ByteBuf root = buffer;
        for (ByteBuf parent = root.unwrap(); parent != null; parent = root.unwrap()) root = parent;
        return root.capacity();
    }
}
