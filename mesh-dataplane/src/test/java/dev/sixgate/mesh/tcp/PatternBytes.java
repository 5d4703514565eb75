package dev.sixgate.mesh.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** A stream whose bytes tell their position, so that a test sees any that is lost, doubled or misplaced. */
final class PatternBytes {
    private PatternBytes() {}

    static int at(long position) {
        long mixed = position * 0x9e37_79b9_7f4a_7c15L;
        return (int) (mixed >>> 56);
    }

    static ByteBuf of(ByteBufAllocator allocator, long position, int length) {
        ByteBuf bytes = allocator.buffer(Math.max(length, 1));
        for (int i = 0; i < length; i++) bytes.writeByte(at(position + i));
        return bytes;
    }

    /** Fails unless {@code bytes} continues the stream at {@code position}. */
    static void check(ByteBuf bytes, long position) {
        for (int i = 0; i < bytes.readableBytes(); i++)
            if ((bytes.getByte(bytes.readerIndex() + i) & 0xff) != at(position + i))
                throw new AssertionError("byte " + (position + i) + " of the stream is wrong");
    }
}
