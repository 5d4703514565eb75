package dev.sixgate.edge.run;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.Recorder;
import dev.sixgate.edge.explain.RequestId;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.networkpolicy.Flow;
import dev.sixgate.edge.networkpolicy.LivePolicies;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.networkpolicy.Verdict;
import dev.sixgate.mesh.ipv6.FlowGate;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Policies at the tunnel's end: flows from the mesh to sockets of this process. One for each identity, on its loop. A conversation of
 * datagrams is judged at its first; the verdicts of some hundred are remembered for that, by the table that they are of.
 */
final class PolicyGate implements FlowGate {
    /** Denied flows of which a record is kept; the rest is only counted. */
    static final int RECORDS_PER_SECOND = 50;

    private static final int REMEMBERED = 512; // a power of two
    private static final long SECOND = 1_000_000_000L;

    private final LivePolicies policies;
    private final List<Ipv6Prefix> own;
    private final Recorder recorder;
    private final LongSupplier clock;
    private final long[] addresses = new long[REMEMBERED * 4];
    private final int[] ports = new int[REMEMBERED]; // source and destination
    private final @Nullable PolicyTable[] tables = new PolicyTable[REMEMBERED];
    private final boolean[] verdicts = new boolean[REMEMBERED];
    private long secondBegan;
    private int recorded;

    /**
     * @param own this edge's ranges: an address outside of them is an app's private one, behind which a backend is yet to be chosen
     * @param clock of records
     */
    PolicyGate(LivePolicies policies, List<Ipv6Prefix> own, Recorder recorder, LongSupplier clock) {
        this.policies = policies;
        this.own = own;
        this.recorder = recorder;
        this.clock = clock;
        secondBegan = clock.getAsLong();
    }

    @Override
    public boolean admits(
            int protocol, long sourceHigh, long sourceLow, int sourcePort, long high, long low, int port) {
        PolicyTable table = policies.table();
        if (table.isEmpty()) return true;
        if (protocol == Protocol.TCP.number())
            return decide(table, Protocol.TCP, sourceHigh, sourceLow, sourcePort, high, low, port);
        long mixed = sourceHigh * 31 + sourceLow * 37 + low * 41 + high;
        int both = sourcePort << 16 | port;
        int slot = (int) ((mixed ^ mixed >>> 32) * 0x9E3779B9L + both * 0x85EBCA6BL >>> 20) & REMEMBERED - 1;
        int at = slot * 4;
        if (tables[slot] == table
                && ports[slot] == both
                && addresses[at] == sourceHigh
                && addresses[at + 1] == sourceLow
                && addresses[at + 2] == high
                && addresses[at + 3] == low) return verdicts[slot];
        boolean admitted = decide(table, Protocol.UDP, sourceHigh, sourceLow, sourcePort, high, low, port);
        tables[slot] = table;
        ports[slot] = both;
        addresses[at] = sourceHigh;
        addresses[at + 1] = sourceLow;
        addresses[at + 2] = high;
        addresses[at + 3] = low;
        verdicts[slot] = admitted;
        return admitted;
    }

    private boolean decide(
            PolicyTable table,
            Protocol protocol,
            long sourceHigh,
            long sourceLow,
            int sourcePort,
            long high,
            long low,
            int port) {
        Ipv6Address source = new Ipv6Address(sourceHigh, sourceLow);
        Ipv6Address destination = new Ipv6Address(high, low);
        Flow flow = new Flow(protocol, source, null, destination, port);
        // What may go on to a backend is judged where the backend is known.
        Verdict verdict = own.stream().anyMatch(range -> range.contains(destination))
                ? table.check(flow)
                : table.checkIngress(flow);
        if (!verdict.allowed() && mayRecord()) record(flow, sourcePort, verdict);
        return verdict.allowed();
    }

    private boolean mayRecord() {
        long now = clock.getAsLong();
        if (now - secondBegan >= SECOND) {
            secondBegan = now;
            recorded = 0;
        }
        return recorded++ < RECORDS_PER_SECOND;
    }

    private void record(Flow flow, int sourcePort, Verdict verdict) {
        RequestRecord record = new RequestRecord(
                RequestId.next(),
                Instant.now(),
                clock.getAsLong(),
                new InetSocketAddress(flow.source().toInetAddress(), sourcePort),
                new InetSocketAddress(flow.destination().toInetAddress(), flow.port()));
        record.protocol = flow.protocol().word();
        record.policy = verdict.why();
        record.fail(Reason.DENIED_BY_POLICY, Side.CLIENT, verdict.why());
        record.endNanos = clock.getAsLong();
        recorder.finish(record);
    }
}
