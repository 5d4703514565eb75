package dev.sixgate.edge.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** {@code mesh status} as people read it, in the order and words of {@code wg show}. */
final class MeshStatusText {
    /** WireGuard's Reject-After-Time: a session older than this carries nothing. */
    private static final double SESSION_SECONDS = 180;

    private MeshStatusText() {}

    static void print(JsonNode mesh, PrintWriter out) {
        if (!mesh.path("public_key").isString()) {
            out.println("this edge has no mesh");
            return;
        }
        out.println("interface: " + list(mesh.path("addresses")));
        out.println("  public key: " + mesh.path("public_key").asString());
        out.println("  listening: " + mesh.path("listen").asString());
        out.println("  mtu: " + mesh.path("mtu").asInt());
        if (mesh.path("engine").isString())
            out.println("  cipher engine: " + mesh.path("engine").asString());
        if (mesh.path("underlay").isString())
            out.println("  underlay: " + mesh.path("underlay").asString());
        for (JsonNode peer : mesh.path("peers")) {
            out.println();
            out.println("peer: " + peer.path("public_key").asString() + "  "
                    + peer.path("name").asString());
            out.println("  endpoint: "
                    + (peer.path("endpoint").isString()
                            ? peer.path("endpoint").asString()
                            : "(waiting for its handshake)"));
            out.println("  allowed ips: " + list(peer.path("allowed_ips")));
            JsonNode age = peer.path("latest_handshake_seconds");
            out.println("  latest handshake: "
                    + (age.isNumber()
                            ? String.format(Locale.ROOT, "%.1f seconds ago", age.asDouble())
                                    + (age.asDouble() < SESSION_SECONDS ? ", encrypted" : ", session expired")
                            : "never"));
            out.println("  transfer: " + bytes(peer.path("received_bytes").asLong()) + " received, "
                    + bytes(peer.path("sent_bytes").asLong()) + " sent");
        }
        String dropped = mesh.path("dropped").properties().stream()
                .filter(entry -> entry.getValue().asLong() > 0)
                .map(entry -> entry.getKey() + " " + entry.getValue().asLong())
                .collect(Collectors.joining(", "));
        out.println();
        out.println("dropped datagrams: " + (dropped.isEmpty() ? "none" : dropped));
    }

    private static String list(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
    }

    private static String bytes(long count) {
        if (count < 1024) return count + " B";
        int unit = Math.min(4, (63 - Long.numberOfLeadingZeros(count)) / 10);
        return String.format(Locale.ROOT, "%.2f %ciB", count / Math.pow(1024, unit), " KMGT".charAt(unit));
    }
}
