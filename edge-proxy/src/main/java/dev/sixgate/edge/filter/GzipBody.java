package dev.sixgate.edge.filter;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * One body in gzip (RFC 1952), piece by piece. One thread at a time; {@link #close} frees what the garbage collector does not
 * see, and may be called again.
 */
public final class GzipBody implements AutoCloseable {
    /** Each holds some 256 KiB outside the heap. */
    public static final int MOST_AT_ONCE = 1024;

    /** Half the CPU of zlib's default for a few percent of size: this runs on an event loop. */
    private static final int LEVEL = 4;

    private static final byte[] HEADER = {0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    private static final Semaphore FREE = new Semaphore(MOST_AT_ONCE);

    private ByteBufAllocator allocator = UnpooledByteBufAllocator.DEFAULT; // until there is data, whose own it is then
    private final Deflater deflater = new Deflater(LEVEL, true);
    private final CRC32 crc = new CRC32();
    private boolean begun;
    private boolean unflushed;
    private boolean closed;

    private GzipBody() {}

    /** @return null while {@link #MOST_AT_ONCE} others are in use: the body then goes as it is */
    public static @Nullable GzipBody begin() {
        return FREE.tryAcquire() ? new GzipBody() : null;
    }

    /**
     * @param data taken
     * @return what is to be sent now, owned by the caller; often empty
     */
    public ByteBuf add(ByteBuf data) {
        allocator = data.alloc();
        ByteBuf out = begun(data.readableBytes() / 4 + 64);
        try {
            for (ByteBuffer piece : data.nioBuffers()) {
                crc.update(piece.duplicate());
                deflater.setInput(piece);
                drain(out, Deflater.NO_FLUSH);
            }
            unflushed = true;
            return out;
        } catch (RuntimeException e) {
            out.release();
            throw e;
        } finally {
            data.release();
        }
    }

    /** @return all that was added and not sent yet, so that it can be read at once; owned by the caller */
    public ByteBuf flush() {
        if (!unflushed) return Unpooled.EMPTY_BUFFER;
        ByteBuf out = begun(512);
        drain(out, Deflater.SYNC_FLUSH);
        unflushed = false;
        return out;
    }

    /** @return the rest of the body, owned by the caller; nothing follows */
    public ByteBuf end() {
        ByteBuf out = begun(512);
        deflater.finish();
        drain(out, Deflater.NO_FLUSH);
        out.writeIntLE((int) crc.getValue());
        out.writeIntLE((int) deflater.getBytesRead());
        close();
        return out;
    }

    private ByteBuf begun(int expected) {
        ByteBuf out = allocator.directBuffer(expected);
        if (!begun) out.writeBytes(HEADER);
        begun = true;
        return out;
    }

    /** Until the deflater leaves room, which says that it has no more to give for now. */
    private void drain(ByteBuf out, int mode) {
        boolean full;
        do {
            out.ensureWritable(512);
            ByteBuffer room = out.internalNioBuffer(out.writerIndex(), out.writableBytes());
            int written = deflater.deflate(room, mode);
            full = !room.hasRemaining();
            out.writerIndex(out.writerIndex() + written);
        } while (full);
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        deflater.end();
        FREE.release();
    }
}
