package dev.sixgate.mesh.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * ChaCha20-Poly1305 by the system's libcrypto 3, in place on direct memory and without garbage. One pair of cipher contexts
 * a thread, re-keyed for each packet: setting a ChaCha20 key is a copy of 32 bytes, and no key then owns native memory.
 */
public final class LibcryptoAead implements AeadEngine {
    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** @throws LinkageError or a RuntimeException when the library, or the permission to call it, is missing */
    public LibcryptoAead() {
        Libcrypto.chacha20Poly1305();
    }

    @Override
    public String name() {
        return "libcrypto";
    }

    @Override
    public AeadKey key(byte[] key) {
        return new Key(key);
    }

    static final class Key extends AeadKey {
        private Key(byte[] key) {
            super(key);
        }

        @Override
        void sealRange(long counter, ByteBuf buffer, int index, int length) {
            Scratch scratch = SCRATCH.get();
            if (buffer.hasMemoryAddress()) {
                scratch.seal(bytes, counter, buffer.memoryAddress() + index, length);
            } else {
                MemorySegment copy = scratch.copyOf(buffer, index, length, length + TAG_BYTES);
                scratch.seal(bytes, counter, copy.address(), length);
                buffer.setBytes(index, copy.asSlice(0, length + TAG_BYTES).asByteBuffer());
            }
        }

        @Override
        boolean openRange(long counter, ByteBuf buffer, int index, int length) {
            Scratch scratch = SCRATCH.get();
            if (buffer.hasMemoryAddress())
                return scratch.open(bytes, counter, buffer.memoryAddress() + index, length - TAG_BYTES);
            MemorySegment copy = scratch.copyOf(buffer, index, length, length);
            if (!scratch.open(bytes, counter, copy.address(), length - TAG_BYTES)) return false;
            buffer.setBytes(index, copy.asSlice(0, length - TAG_BYTES).asByteBuffer());
            return true;
        }
    }

    /** One thread's contexts and native memory; freed by the collector after the thread. */
    private static final class Scratch {
        private static final int KEY = 0;
        private static final int NONCE = 32;
        private static final int WRITTEN = 48;
        private static final int BYTES = 56;
        private static final ValueLayout.OfLong COUNTER =
                JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).withByteAlignment(4);

        private final Arena arena = Arena.ofAuto();
        private final MemorySegment parameters = arena.allocate(BYTES, 8);
        private final long address = parameters.address();
        private final long sealing = context(arena, true);
        private final long opening = context(arena, false);
        private MemorySegment copy = arena.allocate(2048);

        private static long context(Arena arena, boolean encrypt) {
            long context = Libcrypto.newContext();
            if (context == 0) throw new OutOfMemoryError("libcrypto has no memory for a cipher context");
            var unused = MemorySegment.ofAddress(context)
                    .reinterpret(arena, segment -> Libcrypto.freeContext(segment.address()));
            if (!Libcrypto.init(context, Libcrypto.chacha20Poly1305(), 0, 0, encrypt))
                throw new IllegalStateException("this libcrypto refuses ChaCha20-Poly1305");
            return context;
        }

        void seal(byte[] key, long counter, long data, int length) {
            start(sealing, key, counter, true);
            // An update of no bytes is left out: not every version takes it.
            boolean done = (length == 0 || Libcrypto.update(sealing, data, address + WRITTEN, data, length))
                    && Libcrypto.finish(sealing, data + length, address + WRITTEN)
                    && Libcrypto.control(sealing, Libcrypto.CTRL_GET_TAG, TAG_BYTES, data + length);
            if (!done) throw new AssertionError("libcrypto refused to seal " + length + " bytes");
        }

        boolean open(byte[] key, long counter, long data, int length) {
            start(opening, key, counter, false);
            boolean done = Libcrypto.control(opening, Libcrypto.CTRL_SET_TAG, TAG_BYTES, data + length)
                    && (length == 0 || Libcrypto.update(opening, data, address + WRITTEN, data, length));
            if (!done) throw new AssertionError("libcrypto refused to open " + length + " bytes");
            return Libcrypto.finish(opening, data + length, address + WRITTEN);
        }

        private void start(long context, byte[] key, long counter, boolean encrypt) {
            MemorySegment.copy(key, 0, parameters, JAVA_BYTE, KEY, KEY_BYTES);
            parameters.set(COUNTER, NONCE + 4, counter);
            if (!Libcrypto.init(context, 0, address + KEY, address + NONCE, encrypt))
                throw new AssertionError("libcrypto refused a key of 32 bytes and a nonce of 12");
        }

        MemorySegment copyOf(ByteBuf buffer, int index, int length, int capacity) {
            if (copy.byteSize() < capacity) copy = arena.allocate(Math.max(capacity, 2 * copy.byteSize()));
            buffer.getBytes(index, copy.asSlice(0, length).asByteBuffer());
            return copy;
        }
    }
}
