package dev.sixgate.edge.node;

import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.tun.TunConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a node is: its identity on the mesh and its ports.
 *
 * @param listenPort UDP port, 0: any
 * @param ports each mesh port once; at least one unless there is a device
 * @param tun the device through which the host's own sockets have addresses in the mesh; null: none
 * @param policies who may connect to the ports; empty: anyone
 */
public record NodePlan(
        MeshConfig mesh,
        int listenPort,
        List<NodePort> ports,
        @Nullable TunConfig tun,
        List<Policy> policies) {
    /** Without policies. */
    public NodePlan(MeshConfig mesh, int listenPort, List<NodePort> ports, @Nullable TunConfig tun) {
        this(mesh, listenPort, ports, tun, List.of());
    }

    /** Without a device. */
    public NodePlan(MeshConfig mesh, int listenPort, List<NodePort> ports) {
        this(mesh, listenPort, ports, null);
    }

    public NodePlan {
        ports = List.copyOf(ports);
        policies = List.copyOf(policies);
        if (ports.isEmpty() && tun == null)
            throw new IllegalArgumentException(
                    "no port is named, so nothing would be reachable; add --port 8080 or --port 8080=127.0.0.1:3000");
        Set<Integer> seen = new HashSet<>();
        for (NodePort port : ports)
            if (!seen.add(port.port()))
                throw new IllegalArgumentException(
                        "port " + port.port() + " is named twice; an app each, or one of them");
    }
}
