package dev.sixgate.edge.explain;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names of requests: 16 hexadecimal digits that do not repeat within a process and say nothing about other requests. */
public final class RequestId {
    // One random start a thread and a bijective mix a request: unique without a lock, and cheaper than a random draw.
    private static final SecureRandom SEEDS = new SecureRandom();
    private static final ThreadLocal<long[]> COUNTERS = ThreadLocal.withInitial(() -> new long[] {SEEDS.nextLong()});

    private RequestId() {}

    public static String next() {
        return HexFormat.of().toHexDigits(mix(COUNTERS.get()[0]++));
    }

    /** Whether {@code text} could be one. */
    public static boolean isValid(String text) {
        if (text.length() != 16) return false;
        for (int i = 0; i < 16; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return false;
        }
        return true;
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 32)) * 0xd6e8feb86659fd93L;
        long b = (a ^ (a >>> 32)) * 0xd6e8feb86659fd93L;
        return b ^ (b >>> 32);
    }
}
