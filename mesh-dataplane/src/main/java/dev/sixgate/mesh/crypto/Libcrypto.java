package dev.sixgate.mesh.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of OpenSSL's libcrypto 3 that we call. Pointers are longs, so that a call makes no object; every platform we
 * link on has 64-bit pointers and passes them as it passes a long. {@code critical}: each call works on one packet, takes
 * microseconds and never calls back.
 */
final class Libcrypto {
    static final int CTRL_GET_TAG = 0x10;
    static final int CTRL_SET_TAG = 0x11;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup("libcrypto.so.3", Arena.global());

    private static final MethodHandle NEW = function("EVP_CIPHER_CTX_new", JAVA_LONG);
    private static final MethodHandle FREE = procedure("EVP_CIPHER_CTX_free", JAVA_LONG);
    private static final MethodHandle CHACHA20_POLY1305 = function("EVP_chacha20_poly1305", JAVA_LONG);
    private static final MethodHandle INIT =
            function("EVP_CipherInit_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle UPDATE =
            function("EVP_CipherUpdate", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FINAL = function("EVP_CipherFinal_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CONTROL =
            function("EVP_CIPHER_CTX_ctrl", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);

    private Libcrypto() {}

    /** @return a new cipher context, or 0 when out of memory */
    static long newContext() {
        try {
            return (long) NEW.invokeExact();
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static void freeContext(long context) {
        try {
            FREE.invokeExact(context);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static long chacha20Poly1305() {
        try {
            return (long) CHACHA20_POLY1305.invokeExact();
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** @param cipher 0: as before; so for key and nonce */
    static boolean init(long context, long cipher, long key, long nonce, boolean encrypt) {
        try {
            return (int) INIT.invokeExact(context, cipher, 0L, key, nonce, encrypt ? 1 : 0) == 1;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** @param written where the length written goes: an int */
    static boolean update(long context, long out, long written, long in, int length) {
        try {
            return (int) UPDATE.invokeExact(context, out, written, in, length) == 1;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static boolean finish(long context, long out, long written) {
        try {
            return (int) FINAL.invokeExact(context, out, written) == 1;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static boolean control(long context, int command, int length, long data) {
        try {
            return (int) CONTROL.invokeExact(context, command, length, data) == 1;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments));
    }

    private static MethodHandle procedure(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.ofVoid(arguments));
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor, Linker.Option.critical(false));
    }

    /** A function that takes longer than a collection may be held up. */
    static MethodHandle slow(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    static AssertionError impossible(Throwable e) {
        return new AssertionError("a C function does not throw", e);
    }
}
