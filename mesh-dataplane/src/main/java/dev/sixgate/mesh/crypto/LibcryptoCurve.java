package dev.sixgate.mesh.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/**
 * The functions of libcrypto 3 for X25519, as {@link Libcrypto} has those for packets. Not critical calls: a multiplication
 * takes tens of microseconds, during which a collection must not wait for it. Freeing 0 does nothing.
 */
final class LibcryptoCurve {
    /** {@code NID_X25519}. */
    private static final int X25519_TYPE = 1034;

    private static final FunctionDescriptor FREE = FunctionDescriptor.ofVoid(JAVA_LONG);

    private static final MethodHandle PUBLIC_KEY = Libcrypto.slow(
            "EVP_PKEY_new_raw_public_key", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FREE_KEY = Libcrypto.slow("EVP_PKEY_free", FREE);
    private static final MethodHandle NEW_CONTEXT =
            Libcrypto.slow("EVP_PKEY_CTX_new", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FREE_CONTEXT = Libcrypto.slow("EVP_PKEY_CTX_free", FREE);
    private static final MethodHandle BEGIN =
            Libcrypto.slow("EVP_PKEY_derive_init", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    private static final MethodHandle SET_PEER = Libcrypto.slow(
            "EVP_PKEY_derive_set_peer_ex", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle DERIVE =
            Libcrypto.slow("EVP_PKEY_derive", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle CLEAR_ERRORS = Libcrypto.slow("ERR_clear_error", FunctionDescriptor.ofVoid());

    private static final MethodHandle NEW_IMPORT = Libcrypto.slow(
            "EVP_PKEY_CTX_new_from_name", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle BEGIN_IMPORT =
            Libcrypto.slow("EVP_PKEY_fromdata_init", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    private static final MethodHandle IMPORT = Libcrypto.slow(
            "EVP_PKEY_fromdata", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));

    /** {@code EVP_PKEY_KEYPAIR}. */
    private static final int KEY_PAIR = 0x87;

    private LibcryptoCurve() {}

    /** @param type the name of a kind of key, ended by a zero byte */
    static long newImport(long type) {
        try {
            long context = (long) NEW_IMPORT.invokeExact(0L, type, 0L);
            if (context != 0 && (int) BEGIN_IMPORT.invokeExact(context) == 1) return context;
            freeContext(context);
            return 0;
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    /** @param key where the new key goes: a pointer; @param parameters an array of OSSL_PARAM */
    static boolean importPair(long context, long key, long parameters) {
        try {
            return (int) IMPORT.invokeExact(context, key, KEY_PAIR, parameters) == 1;
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    /** @return a new key, or 0 when out of memory */
    static long publicKey(long bytes, long length) {
        try {
            return (long) PUBLIC_KEY.invokeExact(X25519_TYPE, 0L, bytes, length);
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    static void freeKey(long key) {
        try {
            FREE_KEY.invokeExact(key);
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    /** @return a new context that works with a private key, or 0 when out of memory */
    static long newContext(long key) {
        try {
            return (long) NEW_CONTEXT.invokeExact(key, 0L);
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    static void freeContext(long context) {
        try {
            FREE_CONTEXT.invokeExact(context);
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    static boolean beginDerivation(long context) {
        try {
            return (int) BEGIN.invokeExact(context) == 1;
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    static boolean setPeer(long context, long publicKey) {
        try {
            return (int) SET_PEER.invokeExact(context, publicKey, 0) == 1;
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    /** @param length where the room at {@code out} is read and the length written: a long */
    static boolean derive(long context, long out, long length) {
        try {
            return (int) DERIVE.invokeExact(context, out, length) == 1;
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }

    /** Forgets why calls of this thread failed. */
    static void clearErrors() {
        try {
            CLEAR_ERRORS.invokeExact();
        } catch (Throwable e) {
            throw Libcrypto.impossible(e);
        }
    }
}
