package dev.sixgate.mesh.tcp;

import java.util.random.RandomGenerator;

/**
 * How many challenge acknowledgements all connections of a stack may send in a second (RFC 5961 §7). The size is drawn
 * anew for each second: a fixed one lets a stranger who counts the answers to his own connection learn whether he was
 * right about another one (Cao et al. 2016).
 */
final class ChallengeBudget {
    static final int PER_SECOND_MIN = 500;
    static final int PER_SECOND_MAX = 1500;
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final RandomGenerator random;
    private long since;
    private int left;

    ChallengeBudget(RandomGenerator random, long nowNanos) {
        this.random = random;
        since = nowNanos - SECOND_NANOS;
    }

    boolean take(long nowNanos) {
        if (nowNanos - since >= SECOND_NANOS) {
            since = nowNanos;
            left = random.nextInt(PER_SECOND_MIN, PER_SECOND_MAX + 1);
        }
        if (left == 0) return false;
        left--;
        return true;
    }
}
