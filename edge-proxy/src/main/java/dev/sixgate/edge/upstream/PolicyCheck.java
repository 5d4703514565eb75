package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.networkpolicy.AddressSet;
import dev.sixgate.edge.networkpolicy.Flow;
import dev.sixgate.edge.networkpolicy.LivePolicies;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.networkpolicy.Verdict;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Policies as proxied traffic meets them. A client of the mesh is judged as itself, whatever the edge adds; a public one by its own address
 * or by the edge's, whichever a rule names.
 *
 * @param edge what the edge's own flows come from
 * @param inMesh clients come from the mesh
 */
public record PolicyCheck(LivePolicies policies, Ipv6Address edge, boolean inMesh) {
    /** Where there are no policies. */
    public static PolicyCheck open() {
        return new PolicyCheck(new LivePolicies(PolicyTable.Tally.NONE), Ipv6Address.UNSPECIFIED, false);
    }

    PolicyCheck forClientsOfTheMesh() {
        return new PolicyCheck(policies, edge, true);
    }

    /** Whether the request's or connection's client may have a flow to the backend; asked anew for each attempt. */
    Verdict check(RequestRecord record, Backend backend, int port, Protocol protocol) {
        PolicyTable table = policies.table();
        if (table.isEmpty()) return Verdict.OPEN;
        Ipv6Address destination = AddressSet.key(backend.address());
        if (!inMesh) return table.check(new Flow(protocol, edge, client(record.client), destination, port));
        // What a proxy of the mesh says about others is no identity; cryptokey routing proved the proxy's.
        InetSocketAddress proven = record.proxy == null ? record.client : record.proxy;
        return table.check(new Flow(protocol, client(proven), null, destination, port));
    }

    private static Ipv6Address client(InetSocketAddress client) {
        InetAddress address = client.getAddress();
        return address == null ? Ipv6Address.UNSPECIFIED : AddressSet.key(address);
    }
}
