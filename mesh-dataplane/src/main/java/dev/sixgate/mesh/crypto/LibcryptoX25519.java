package dev.sixgate.mesh.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Agreements by the system's libcrypto 3; public keys by Bouncy Castle, whose multiplication of the base point is faster than
 * libcrypto's (46 µs against 58). No key outlives its call in native memory: libcrypto clears what it frees, and we
 * clear what we copied.
 */
final class LibcryptoX25519 implements X25519Engine {
    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);
    private final BouncyCastleX25519 base = new BouncyCastleX25519();

    /** @throws LinkageError or a RuntimeException when the library, or the permission to call it, is missing */
    LibcryptoX25519() {
        LibcryptoCurve.clearErrors();
    }

    @Override
    public String name() {
        return "libcrypto";
    }

    @Override
    public byte[] publicKey(byte[] privateKey) {
        return base.publicKey(privateKey);
    }

    @Override
    public byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
        return SCRATCH.get().agree(privateKey, publicKey);
    }

    /** One thread's native memory; freed by the collector after the thread. */
    private static final class Scratch {
        private static final int PRIVATE = 0;
        private static final int PUBLIC = 32;
        private static final int RESULT = 64;
        private static final int LENGTH = 96;
        private static final int KEY = 104;
        private static final int BYTES = 112;
        /** Of OSSL_PARAM: name, type, data, its length, the length returned. */
        private static final int PARAMETER_BYTES = 40;

        private static final int OCTET_STRING = 5;

        private final Arena arena = Arena.ofAuto();
        private final MemorySegment memory = arena.allocate(BYTES, 8);
        private final long address = memory.address();
        /** {@code priv}, {@code pub} and the end, in zeros. */
        private final MemorySegment parameters = arena.allocate(3 * PARAMETER_BYTES, 8);

        private final long importing = importing();

        Scratch() {
            parameter(0, "priv", PRIVATE);
            parameter(PARAMETER_BYTES, "pub", PUBLIC);
        }

        private void parameter(int at, String name, int field) {
            parameters.set(JAVA_LONG, at, arena.allocateFrom(name).address());
            parameters.set(JAVA_INT, at + 8, OCTET_STRING);
            parameters.set(JAVA_LONG, at + 16, address + field);
            parameters.set(JAVA_LONG, at + 24, X25519.BYTES);
        }

        private long importing() {
            long context =
                    made(LibcryptoCurve.newImport(arena.allocateFrom("X25519").address()));
            var unused = MemorySegment.ofAddress(context)
                    .reinterpret(arena, segment -> LibcryptoCurve.freeContext(segment.address()));
            return context;
        }

        byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
            long ours = 0;
            long theirs = 0;
            long context = 0;
            try {
                MemorySegment.copy(privateKey, 0, memory, JAVA_BYTE, PRIVATE, X25519.BYTES);
                MemorySegment.copy(publicKey, 0, memory, JAVA_BYTE, PUBLIC, X25519.BYTES);
                ours = importPair();
                theirs = made(LibcryptoCurve.publicKey(address + PUBLIC, X25519.BYTES));
                context = made(LibcryptoCurve.newContext(ours));
                if (!LibcryptoCurve.beginDerivation(context) || !LibcryptoCurve.setPeer(context, theirs))
                    throw new AssertionError("libcrypto refused two keys of 32 bytes");
                memory.set(JAVA_LONG, LENGTH, X25519.BYTES);
                if (!LibcryptoCurve.derive(context, address + RESULT, address + LENGTH)) {
                    // The one thing it refuses at this point is a secret of zeros.
                    LibcryptoCurve.clearErrors();
                    return null;
                }
                return memory.asSlice(RESULT, X25519.BYTES).toArray(JAVA_BYTE);
            } finally {
                LibcryptoCurve.freeContext(context);
                LibcryptoCurve.freeKey(theirs);
                LibcryptoCurve.freeKey(ours);
                memory.fill((byte) 0);
            }
        }

        /**
         * Our private key beside a public one that is not its own: an agreement does not look at it, and to compute the right
         * one would take as long again as the agreement itself.
         */
        private long importPair() {
            memory.set(JAVA_LONG, KEY, 0);
            if (!LibcryptoCurve.importPair(importing, address + KEY, parameters.address()))
                throw new AssertionError("libcrypto refused a key of 32 bytes");
            return made(memory.get(JAVA_LONG, KEY));
        }

        private static long made(long pointer) {
            if (pointer == 0) throw new OutOfMemoryError("libcrypto has no memory for a key");
            return pointer;
        }
    }
}
