package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.node.NodePort;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code node} key of a node's file: {@code { "ports": [ { "port": 8080, "to": "127.0.0.1:3000" } ] }}. */
final class NodePortReader {
    private final Problems problems;

    NodePortReader(Problems problems) {
        this.problems = problems;
    }

    List<NodePort> ports(Fields top) {
        List<NodePort> ports = new ArrayList<>();
        Fields node = top.object("node", KeyCatalogue.NODE).orElse(null);
        if (node == null) return ports;
        for (JsonNode item : node.array("ports")) {
            Fields fields =
                    Fields.of(item, "a port", KeyCatalogue.NODE_PORT, problems).orElse(null);
            NodePort port = fields == null ? null : port(fields);
            if (port == null) continue;
            if (ports.stream().anyMatch(other -> other.port() == port.port()))
                problems.error(
                        Code.JSON_011,
                        fields.spot("port"),
                        "port " + port.port() + " is there twice; the second would never be asked",
                        "remove one");
            else ports.add(port);
        }
        return ports;
    }

    private @Nullable NodePort port(Fields fields) {
        if (!fields.require("port", "\"port\": 8080")) return null;
        int port = fields.whole("port", 0, 1, 65535);
        if (port == 0) return null; // told
        JsonText to = fields.textNode("to");
        if (to == null) return NodePort.toLoopback(port);
        try {
            return new NodePort(port, NodePort.target(to.text()));
        } catch (IllegalArgumentException _) {
            problems.error(
                    Code.JSON_010,
                    to.spot(),
                    "\"to\": " + Quoted.of(to.text()) + " is not an address and a port",
                    "\"127.0.0.1:3000\", \"[::1]:3000\" or \"localhost:3000\"");
            return null;
        }
    }
}
