package dev.sixgate.edge.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** {@code mesh status} as people read it, in the order and words of {@code wg show}; what {@code wg} does not know comes after. */
final class MeshStatusText {
    /** WireGuard's Reject-After-Time: a session older than this carries nothing. */
    private static final double SESSION_SECONDS = 180;

    private MeshStatusText() {}

    static void print(JsonNode mesh, PrintWriter out) {
        if (!mesh.path("public_key").isString()) {
            out.println("there is no mesh");
            return;
        }
        printIdentity(mesh, out);
        for (JsonNode further : mesh.path("further_identities")) {
            out.println();
            printIdentity(further, out);
        }
    }

    private static void printIdentity(JsonNode mesh, PrintWriter out) {
        out.println("interface: " + mesh.path("name").asString());
        out.println("  public key: " + mesh.path("public_key").asString());
        out.println("  private key: (hidden)");
        String listen = mesh.path("listen").asString();
        out.println("  listening port: " + listen.substring(listen.lastIndexOf(':') + 1));
        out.println("  addresses: " + list(mesh.path("addresses")));
        out.println("  mtu: " + mesh.path("mtu").asInt());
        out.println("  cipher engine: " + mesh.path("engine").asString() + ", handshakes by "
                + mesh.path("handshake_engine").asString());
        out.println("  underlay: " + mesh.path("underlay").asString() + " (offload self-test: "
                + mesh.path("socket").path("offload_self_test").asString() + ")");
        out.println("  socket: " + socket(mesh.path("socket")));
        out.println("  tcp connections: " + mesh.path("connections").asInt());
        out.println("  dropped datagrams: " + counts(mesh.path("dropped")));
        out.println("  dropped packets: " + counts(mesh.path("dropped_packets")));
        for (JsonNode peer : inOrder(mesh.path("peers"))) printPeer(peer, out);
    }

    /** As {@code wg show}: whoever was heard last comes first. */
    private static List<JsonNode> inOrder(JsonNode peers) {
        List<JsonNode> sorted = new ArrayList<>(peers.valueStream().toList());
        sorted.sort((a, b) -> Double.compare(age(a), age(b)));
        return sorted;
    }

    private static double age(JsonNode peer) {
        JsonNode age = peer.path("latest_handshake_seconds");
        return age.isNumber() ? age.asDouble() : Double.MAX_VALUE;
    }

    private static void printPeer(JsonNode peer, PrintWriter out) {
        out.println();
        out.println("peer: " + peer.path("public_key").asString());
        out.println("  name: " + peer.path("name").asString());
        if (peer.path("preshared_key").asBoolean()) out.println("  preshared key: (hidden)");
        out.println("  endpoint: "
                + (peer.path("endpoint").isString()
                        ? peer.path("endpoint").asString()
                        : "(waiting for its handshake)"));
        out.println("  allowed ips: " + list(peer.path("allowed_ips")));
        double age = age(peer);
        if (peer.path("unreachable").asBoolean()) out.println("  unreachable: it did not answer under traffic");
        out.println("  latest handshake: "
                + (age == Double.MAX_VALUE
                        ? "never"
                        : ago((long) age) + (age < SESSION_SECONDS ? "" : ", session expired")));
        out.println("  transfer: " + bytes(peer.path("received_bytes").asLong()) + " received, "
                + bytes(peer.path("sent_bytes").asLong()) + " sent");
        long keepalive = peer.path("persistent_keepalive_seconds").asLong();
        if (keepalive > 0) out.println("  persistent keepalive: every " + duration(keepalive));
        String paths = peer.path("path_mtus").properties().stream()
                .map(entry -> entry.getValue().asInt() + " to " + entry.getKey())
                .collect(Collectors.joining(", "));
        if (!paths.isEmpty()) out.println("  path mtu: " + paths);
        int connections = peer.path("connections").asInt();
        if (connections > 0) out.println("  tcp: " + tcp(peer, connections));
    }

    private static String tcp(JsonNode peer, int connections) {
        long sent = peer.path("sent_segments").asLong();
        long again = peer.path("retransmitted_segments").asLong();
        return connections
                + (connections == 1 ? " connection" : " connections")
                + (peer.path("rtt_ms").isNumber()
                        ? String.format(
                                Locale.ROOT,
                                ", rtt %.3f ms",
                                peer.path("rtt_ms").asDouble())
                        : "")
                + (peer.path("delivery_bytes_per_second").isNumber()
                        ? ", delivers "
                                + bytes(peer.path("delivery_bytes_per_second").asLong()) + "/s"
                        : "")
                + String.format(
                        Locale.ROOT,
                        ", %d of %d segments retransmitted (%.2f %%)",
                        again,
                        sent,
                        100.0 * again / Math.max(1, sent));
    }

    private static String socket(JsonNode socket) {
        long received = socket.path("received_datagrams").asLong();
        long sent = socket.path("sent_datagrams").asLong();
        return String.format(
                Locale.ROOT,
                "%d datagrams received (%.1f a batch), %d sent (%.1f a train), %d refused by the kernel; buffers %s"
                        + " and %s",
                received,
                received / (double) Math.max(1, socket.path("receive_batches").asLong()),
                sent,
                sent / (double) Math.max(1, socket.path("sent_trains").asLong()),
                socket.path("send_failures").asLong(),
                bytes(socket.path("receive_buffer_bytes").asLong()),
                bytes(socket.path("send_buffer_bytes").asLong()));
    }

    private static String counts(JsonNode byReason) {
        String counts = byReason.properties().stream()
                .filter(entry -> entry.getValue().asLong() > 0)
                .map(entry -> entry.getKey() + " " + entry.getValue().asLong())
                .collect(Collectors.joining(", "));
        return counts.isEmpty() ? "none" : counts;
    }

    private static String list(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
    }

    private static String ago(long seconds) {
        return seconds == 0 ? "Now" : duration(seconds) + " ago";
    }

    /** As wg writes it: {@code 1 minute, 3 seconds}. */
    private static String duration(long seconds) {
        StringBuilder text = new StringBuilder();
        long[] sizes = {86_400, 3_600, 60, 1};
        String[] words = {"day", "hour", "minute", "second"};
        for (int i = 0; i < sizes.length; i++) {
            long count = seconds / sizes[i];
            seconds %= sizes[i];
            if (count > 0)
                text.append(text.isEmpty() ? "" : ", ")
                        .append(count)
                        .append(' ')
                        .append(words[i])
                        .append(count == 1 ? "" : "s");
        }
        return text.toString();
    }

    private static String bytes(long count) {
        if (count < 1024) return count + " B";
        int unit = Math.min(4, (63 - Long.numberOfLeadingZeros(count)) / 10);
        return String.format(Locale.ROOT, "%.2f %ciB", count / Math.pow(1024, unit), " KMGT".charAt(unit));
    }
}
