package dev.sixgate.edge.networkpolicy;

import dev.sixgate.edge.networkpolicy.PolicyTable.Tally;
import java.util.List;

/**
 * The policies in force, replaced at once while flows are asked about: a flow sees all of the old or all of the new. What was allowed
 * before stays open. Any thread.
 */
public final class LivePolicies {
    private final Tally tally;
    private volatile PolicyTable table = PolicyTable.EMPTY;

    public LivePolicies(Tally tally) {
        this.tally = tally;
    }

    public void replace(List<Policy> policies) {
        table = policies.isEmpty() ? PolicyTable.EMPTY : PolicyTable.of(policies, tally);
    }

    public PolicyTable table() {
        return table;
    }
}
