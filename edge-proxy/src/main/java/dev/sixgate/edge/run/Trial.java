package dev.sixgate.edge.run;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A new configuration on approval: taken back when its rule is broken in time, kept otherwise. One thread at a time. */
final class Trial {
    /** What became of it. */
    enum State {
        WATCHING,
        KEPT,
        ROLLED_BACK
    }

    private final RollbackRule rule;
    private final Outcomes outcomes;
    private final long endNanos;
    private volatile State state = State.WATCHING;
    private volatile @Nullable String why;

    /** @param outcomes of requests that came since */
    Trial(RollbackRule rule, Duration within, Outcomes outcomes, long nowNanos) {
        this.rule = rule;
        this.outcomes = outcomes;
        this.endNanos = nowNanos + within.toNanos();
    }

    /** @return the sentence that says why the configuration is to be taken back; null: it is not, at this moment */
    @Nullable
    String judge(long nowNanos) {
        if (state != State.WATCHING) return null;
        String broken = rule.broken(outcomes);
        if (broken != null) return broken;
        if (nowNanos - endNanos >= 0) {
            long requests = outcomes.requests();
            why = requests < RollbackRule.MIN_REQUESTS
                    ? "only " + requests + " requests came, too few to judge by"
                    : requests + " requests, no condition held";
            state = State.KEPT;
        }
        return null;
    }

    /** @param sentence why, and what became of the attempt */
    void end(State as, String sentence) {
        why = sentence;
        state = as;
    }

    State state() {
        return state;
    }

    Outcomes outcomes() {
        return outcomes;
    }

    /** Null while it goes on. */
    @Nullable
    String why() {
        return why;
    }
}
