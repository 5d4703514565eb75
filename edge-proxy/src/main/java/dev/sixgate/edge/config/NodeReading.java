package dev.sixgate.edge.config;

import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of reading a node's file.
 *
 * @param mesh null exactly when a problem is an error
 * @param ports those the file names; a wg-quick file names none
 * @param policies who may connect
 * @param problems in the order of the file
 */
public record NodeReading(
        @Nullable MeshSettings mesh, List<NodePort> ports, List<Policy> policies, List<Problem> problems) {
    public NodeReading {
        ports = List.copyOf(ports);
        policies = List.copyOf(policies);
        problems = List.copyOf(problems);
    }
}
