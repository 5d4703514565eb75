package dev.sixgate.mesh.sim;

/** An invariant that does not hold, or progress that was not made. The message names seed and virtual time. */
public final class SimFailure extends AssertionError {
    SimFailure(long seed, long nowNanos, String what) {
        super("seed " + seed + " at " + SimLog.seconds(nowNanos) + " s: " + what);
    }
}
