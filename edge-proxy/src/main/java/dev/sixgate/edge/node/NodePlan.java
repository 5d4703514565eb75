package dev.sixgate.edge.node;

import dev.sixgate.mesh.MeshConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a node is: its identity on the mesh and its ports.
 *
 * @param listenPort UDP port, 0: any
 * @param ports each mesh port once; at least one
 */
public record NodePlan(MeshConfig mesh, int listenPort, List<NodePort> ports) {
    public NodePlan {
        ports = List.copyOf(ports);
        if (ports.isEmpty())
            throw new IllegalArgumentException(
                    "no port is named, so nothing would be reachable; add --port 8080 or --port 8080=127.0.0.1:3000");
        Set<Integer> seen = new HashSet<>();
        for (NodePort port : ports)
            if (!seen.add(port.port()))
                throw new IllegalArgumentException(
                        "port " + port.port() + " is named twice; an app each, or one of them");
    }
}
