package dev.sixgate.mesh.wireguard;

import java.util.Arrays;

/**
 * Which counters of a session were received (RFC 6479): a ring of {@value #RING_BITS} bits, of which a block is kept free, so
 * that moving forward clears whole words. Accepts each counter once, up to {@value #WINDOW} behind the highest. Asked before
 * decryption, moved after it: a replay must cost nothing, a forgery change nothing.
 */
final class ReplayWindow {
    static final int RING_BITS = 8192;
    static final int WINDOW = RING_BITS - Long.SIZE;
    private static final int WORDS = RING_BITS / Long.SIZE;

    private final long[] ring = new long[WORDS];
    private long highest;

    /** @param counter unsigned */
    boolean accepts(long counter) {
        if (Long.compareUnsigned(counter, highest) > 0) return true;
        if (Long.compareUnsigned(highest - counter, WINDOW) > 0) return false;
        return (ring[word(counter)] & bit(counter)) == 0;
    }

    /** Marks a counter that {@link #accepts} took and that decrypted. */
    void commit(long counter) {
        if (Long.compareUnsigned(counter, highest) > 0) {
            long words = (counter >>> 6) - (highest >>> 6);
            if (words >= WORDS) Arrays.fill(ring, 0);
            else for (long i = 1; i <= words; i++) ring[(int) ((highest >>> 6) + i) & WORDS - 1] = 0;
            highest = counter;
        }
        ring[word(counter)] |= bit(counter);
    }

    private static int word(long counter) {
        return (int) (counter >>> 6) & WORDS - 1;
    }

    private static long bit(long counter) {
        return 1L << counter;
    }
}
