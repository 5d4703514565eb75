package dev.sixgate.edge.node;

import dev.sixgate.edge.networkpolicy.Flow;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.networkpolicy.Verdict;
import dev.sixgate.mesh.ipv6.FlowGate;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Policies where workloads are: connections from the mesh, direct ones and those of edges alike, before an app hears of them. What is
 * denied, or would be, is told once a second at most.
 */
final class NodeGate implements FlowGate {
    private static final long SECOND = 1_000_000_000L;

    private final PolicyTable table;
    private final LongSupplier clock;
    private final Consumer<String> told;
    private long lastTold;
    private long untold;

    NodeGate(PolicyTable table, LongSupplier clock, Consumer<String> told) {
        this.table = table;
        this.clock = clock;
        this.told = told;
        lastTold = clock.getAsLong() - SECOND;
    }

    @Override
    public boolean admits(
            int protocol, long sourceHigh, long sourceLow, int sourcePort, long high, long low, int port) {
        Verdict verdict = table.check(new Flow(
                protocol == Protocol.TCP.number() ? Protocol.TCP : Protocol.UDP,
                new Ipv6Address(sourceHigh, sourceLow),
                null,
                new Ipv6Address(high, low),
                port));
        if (verdict.allowed() && !(verdict instanceof Verdict.Audited)) return true;
        long now = clock.getAsLong();
        if (now - lastTold < SECOND) untold++;
        else {
            told.accept(verdict.why() + (untold == 0 ? "" : "; and " + untold + " more since the last was told"));
            untold = 0;
            lastTold = now;
        }
        return verdict.allowed();
    }
}
