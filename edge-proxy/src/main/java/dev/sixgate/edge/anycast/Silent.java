package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.SiteState;
import java.util.List;

/** Tells nobody: the operator has rendered the plan for a daemon of his own. */
record Silent(AnycastPlan plan) implements Announcer {
    @Override
    public void announce(SiteState state) {}

    @Override
    public List<NeighborStatus> neighbors(long nowNanos) {
        return plan.neighbors().stream()
                .map(each -> new NeighborStatus(
                        each.address().getHostAddress(), each.remoteAs(), "not ours", -1, "not known", ""))
                .toList();
    }

    @Override
    public void close() {}
}
