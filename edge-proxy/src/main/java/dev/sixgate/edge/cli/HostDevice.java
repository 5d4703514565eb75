package dev.sixgate.edge.cli;

import dev.sixgate.edge.node.NodePort;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.tun.TunConfig;
import dev.sixgate.mesh.wireguard.PeerConfig;
import java.util.List;

/** What {@code --tun NAME[=ADDRESS]} asks for. */
final class HostDevice {
    private HostDevice() {}

    /**
     * @param ports that the node serves in user space
     * @throws IllegalArgumentException with a plain sentence
     */
    static TunConfig parse(String text, MeshConfig mesh, List<NodePort> ports) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        Ipv6Address own = mesh.defaultSource();
        Ipv6Address address = equals < 0 ? own : Ipv6Address.parse(text.substring(equals + 1));
        if (address.equals(own) && !ports.isEmpty())
            throw new IllegalArgumentException("--tun gives " + own + " to the kernel, so port "
                    + ports.getFirst().port() + " of it cannot be the node's; add an address, --tun " + name
                    + "=ADDRESS, or leave the ports out");
        return new TunConfig(name, List.of(address), routes(mesh), mesh.mtu());
    }

    /** What peers have. No default route: the tunnel's own datagrams would go into the tunnel. */
    private static List<Ipv6Prefix> routes(MeshConfig mesh) {
        return mesh.peers().stream()
                .map(PeerConfig::allowedIps)
                .flatMap(List::stream)
                .filter(range -> range.length() > 0)
                .distinct()
                .toList();
    }
}
