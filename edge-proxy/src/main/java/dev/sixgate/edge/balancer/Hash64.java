package dev.sixgate.edge.balancer;

import java.net.InetAddress;

/** Hashes of keys: the same in every process and release, because they decide who goes where. Not for secrets. */
public final class Hash64 {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    /** Where a key of several parts starts; continue with the other methods and end with {@link #mix}. */
    public static final long START = FNV_OFFSET;

    private Hash64() {}

    public static long of(CharSequence text) {
        return mix(with(START, text));
    }

    /** FNV-1a over the characters, and a mark of the end, so that "ab","c" is not "a","bc". */
    public static long with(long hash, CharSequence text) {
        long h = hash;
        for (int i = 0; i < text.length(); i++) h = (h ^ text.charAt(i)) * FNV_PRIME;
        return (h ^ 0x1_0000) * FNV_PRIME;
    }

    public static long with(long hash, InetAddress address) {
        long h = hash;
        for (byte each : address.getAddress()) h = (h ^ (each & 0xff)) * FNV_PRIME;
        return (h ^ 0x1_0000) * FNV_PRIME;
    }

    public static long with(long hash, int number) {
        return (hash ^ number) * FNV_PRIME;
    }

    /** Spreads every bit over all others (the finalizer of SplitMix64). */
    public static long mix(long hash) {
        long z = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
