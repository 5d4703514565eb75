package dev.sixgate.edge.dns;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;

/**
 * {@code dns} of the operator's file.
 *
 * @param listen of the kernel, UDP and TCP each
 * @param meshPort on our addresses inside the mesh; 0: not there
 * @param zones of {@code internal}, {@code flycast}, and a cluster's domain; names of addresses belong to all of them
 * @param forward who is asked for other names, in this order; empty: nobody
 */
public record DnsSettings(
        List<InetSocketAddress> listen, int meshPort, Set<String> zones, List<InetSocketAddress> forward) {
    public static final int PORT = 53;

    public DnsSettings {
        listen = List.copyOf(listen);
        zones = Set.copyOf(zones);
        forward = List.copyOf(forward);
    }
}
