package dev.sixgate.mesh.ipv6;

/**
 * Who may open a flow to a socket of ours: asked once the packet's source is proven and its checksum right, for a SYN that would open a
 * connection and for datagrams to a socket that takes from anyone. Flows that we opened are not asked about. On the thread of the
 * mesh; keeps nothing waiting.
 */
@FunctionalInterface
public interface FlowGate {
    /** Everyone. */
    FlowGate OPEN = (_, _, _, _, _, _, _) -> true;

    /** @param protocol {@link Ipv6Header#TCP} or {@link Ipv6Header#UDP} */
    boolean admits(
            int protocol,
            long sourceHigh,
            long sourceLow,
            int sourcePort,
            long destinationHigh,
            long destinationLow,
            int destinationPort);
}
