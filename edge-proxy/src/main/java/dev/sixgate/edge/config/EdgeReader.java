package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.run.Snapshot.AccessLogSettings;
import dev.sixgate.edge.run.Snapshot.ExplainSettings;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is about the edge itself: {@code edge}, {@code networks}, {@code observability}, {@code admin}. */
final class EdgeReader {
    static final String DEFAULT_NAME = "sixgate";
    static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);
    static final ExplainSettings DEFAULT_EXPLAIN = new ExplainSettings(10_000, 2_000);

    private static final int MAX_KEPT_RECORDS = 1_000_000;
    /** sun_path has 108 bytes on Linux, one of which ends it. */
    private static final int MAX_SOCKET_BYTES = 107;

    private final Scope scope;
    private final Problems problems;

    EdgeReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** @param explicitName null: {@link #DEFAULT_NAME} */
    record Edge(
            @Nullable String explicitName,
            String region,
            List<InetAddress> addresses,
            Duration drainTimeout,
            Duration drainSpread,
            Path stateDirectory,
            List<AddressRange> trustedProxies,
            int maxConnectionsPerClient) {
        String name() {
            return explicitName == null ? DEFAULT_NAME : explicitName;
        }
    }

    Edge edge(Fields top) {
        Path state = scope.path("state", top.object().spot());
        if (state == null) throw new AssertionError("\"state\" is a path");
        Fields fields = top.object("edge", KeyCatalogue.EDGE).orElse(null);
        if (fields == null)
            return new Edge(null, "", List.of(), DEFAULT_DRAIN, Duration.ZERO, state, List.of(), Integer.MAX_VALUE);
        String region = fields.name("region");
        Fields draining = fields.object("drain", KeyCatalogue.DRAIN).orElse(null);
        Duration drain = draining == null
                ? DEFAULT_DRAIN
                : draining.duration("timeout", DEFAULT_DRAIN, Duration.ZERO, Duration.ofDays(1));
        Duration spread = draining == null
                ? Duration.ZERO
                : draining.duration("spread", Duration.ZERO, Duration.ZERO, Duration.ofDays(1));
        if (draining != null && spread.compareTo(drain) > 0)
            problems.error(
                    Code.JSON_010,
                    draining.spot("spread"),
                    "spread " + Units.text(spread) + " is longer than timeout " + Units.text(drain)
                            + ", when what is left is cut",
                    "a longer \"timeout\"");
        JsonText written = fields.textNode("state");
        Path directory = written == null ? null : scope.path(written.text(), written.spot());
        return new Edge(
                fields.name("name"),
                region == null ? "" : region,
                addresses(fields),
                drain,
                spread,
                directory == null ? state : directory,
                new RangeReader(problems).ranges(fields, "trusted_proxies", "trusted_proxies", Code.TRUST_001),
                fields.whole("max_connections_per_client", Integer.MAX_VALUE, 1, 100_000));
    }

    private List<InetAddress> addresses(Fields fields) {
        List<InetAddress> addresses = new ArrayList<>();
        for (JsonText item : fields.texts("addresses")) {
            InetAddress address = new Addresses(problems).address(item, "\"addresses\"");
            if (address == null) continue;
            if (addresses.contains(address)) {
                problems.error(Code.JSON_011, item.spot(), Quoted.of(item.text()) + " appears twice", "remove one");
                continue;
            }
            if (address.isAnyLocalAddress())
                problems.warning(
                        Code.ADDR_005,
                        item.spot(),
                        "UDP on " + item.text() + " answers from the wrong address on multi-address hosts",
                        "list edge.addresses one by one, or leave them out");
            addresses.add(address);
        }
        return addresses;
    }

    Map<String, Ipv6Prefix> networks(Fields top) {
        Map<String, Ipv6Prefix> networks = new LinkedHashMap<>();
        JsonNode node = top.get("networks");
        if (node == null) return networks;
        if (!(node instanceof JsonObject object)) {
            problems.error(Code.JSON_004, node.spot(), "\"networks\" must be an object, found " + node.found());
            return networks;
        }
        object.members().forEach((name, member) -> {
            top.asName(name, object.keySpot(name));
            Fields.of(member.value(), "the network " + Quoted.of(name), KeyCatalogue.NETWORK, problems)
                    .ifPresent(fields -> {
                        if (!fields.require("prefix", "\"prefix\": \"fdaa:0:48c8::/48\"")) return;
                        JsonText prefix = fields.textNode("prefix");
                        Ipv6Prefix parsed = prefix == null ? null : prefix(prefix);
                        if (parsed != null) networks.put(name, parsed);
                    });
        });
        return networks;
    }

    private @Nullable Ipv6Prefix prefix(JsonText node) {
        String text = node.text();
        try {
            Ipv6Prefix prefix = Ipv6Prefix.parse(text);
            boolean exact = Ipv6Address.parse(text.replaceFirst("/.*", "")).equals(prefix.address());
            if (text.indexOf('/') > 0 && exact) return prefix;
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    exact
                            ? Quoted.of(text) + " has no prefix length"
                            : Quoted.of(text) + " has bits set behind its prefix",
                    exact ? "\"" + prefix.address() + "/48\", say" : Quoted.of(prefix.toString()));
        } catch (IllegalArgumentException e) {
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    "\"prefix\": " + Quoted.of(text) + " is not an IPv6 prefix",
                    "such as \"fdaa:0:48c8::/48\"");
        }
        return null;
    }

    /** @param metrics null: none. @param accessLog null: none */
    record Observability(
            @Nullable Located<InetSocketAddress> metrics,
            @Nullable AccessLogSettings accessLog,
            ExplainSettings explain) {}

    Observability observability(Fields top) {
        Fields fields = top.object("observability", KeyCatalogue.OBSERVABILITY).orElse(null);
        if (fields == null) return new Observability(null, null, DEFAULT_EXPLAIN);
        return new Observability(metrics(fields), accessLog(fields), explain(fields));
    }

    private @Nullable Located<InetSocketAddress> metrics(Fields observability) {
        Fields fields = observability.object("metrics", KeyCatalogue.METRICS).orElse(null);
        if (fields == null || !fields.require("listen", "\"listen\": \"127.0.0.1:9090\"")) return null;
        JsonText listen = fields.textNode("listen");
        if (listen == null) return null;
        if (listen.text().startsWith("mesh:")) {
            problems.error(
                    Code.JSON_008,
                    listen.spot(),
                    "listening inside the mesh is not supported yet",
                    "\"127.0.0.1:9090\", say");
            return null;
        }
        HostAndPort at = new Addresses(problems).hostAndPort(listen.text(), listen.spot(), false, "\"listen\"");
        return at == null ? null : new Located<>(new InetSocketAddress(at.address(), at.port()), listen.spot());
    }

    private @Nullable AccessLogSettings accessLog(Fields observability) {
        Fields fields =
                observability.object("access_log", KeyCatalogue.ACCESS_LOG).orElse(null);
        if (fields == null) return null;
        fields.word("format", List.of("json"), List.of());
        JsonText to = fields.textNode("to");
        Fields sample = fields.object("sample", KeyCatalogue.SAMPLE).orElse(null);
        return new AccessLogSettings(
                to == null ? "stdout" : destination(to),
                sample == null ? 1 : sample.share("success", 1),
                sample == null ? 1 : sample.share("error", 1));
    }

    private String destination(JsonText to) {
        if (to.text().equals("stdout") || to.text().equals("stderr")) return to.text();
        Path file = scope.path(to.text(), to.spot());
        return file == null ? "stdout" : file.toString();
    }

    private static ExplainSettings explain(Fields observability) {
        Fields fields = observability.object("explain", KeyCatalogue.EXPLAIN).orElse(null);
        if (fields == null) return DEFAULT_EXPLAIN;
        return new ExplainSettings(
                fields.whole("keep", DEFAULT_EXPLAIN.keep(), 0, MAX_KEPT_RECORDS),
                fields.whole("keep_errors", DEFAULT_EXPLAIN.keepErrors(), 0, MAX_KEPT_RECORDS));
    }

    /** Where the admin socket goes; the default when it is not said or cannot be. */
    Path adminSocket(Fields top, Edge edge) {
        Fields fields = top.object("admin", KeyCatalogue.ADMIN).orElse(null);
        JsonText listen = fields == null ? null : fields.textNode("listen");
        Path written = listen == null ? null : adminSocket(listen);
        return written == null ? defaultSocket(edge) : written;
    }

    private Path defaultSocket(Edge edge) {
        String file = edge.name() + ".sock";
        String runtime = scope.surroundings().environment("XDG_RUNTIME_DIR");
        // The XDG base directory specification has relative paths ignored.
        if (runtime != null && runtime.startsWith("/"))
            return Path.of(runtime).resolve("sixgate").resolve(file);
        return edge.stateDirectory().resolve(file);
    }

    private @Nullable Path adminSocket(JsonText listen) {
        String text = listen.text();
        if (text.startsWith("unix:")) {
            Path path = scope.path(text.substring("unix:".length()), listen.spot());
            if (path == null) return null;
            int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
            if (bytes <= MAX_SOCKET_BYTES) return path;
            problems.error(
                    Code.JSON_010,
                    listen.spot(),
                    "the socket's whole path has " + bytes + " bytes; a Unix socket's has at most " + MAX_SOCKET_BYTES,
                    "a shorter path, such as \"unix:/run/sixgate.sock\"");
            return null;
        }
        HostAndPort at = new Addresses(problems).hostAndPort(text, listen.spot(), true, "\"listen\"");
        if (at == null) return null;
        InetAddress address = at.address();
        boolean loopback = address == null ? at.host().equals("localhost") : address.isLoopbackAddress();
        if (loopback)
            problems.error(
                    Code.JSON_008,
                    listen.spot(),
                    "admin.listen " + Quoted.bare(text) + ": TCP is not supported yet",
                    "\"unix:run/sixgate.sock\"");
        else
            problems.error(
                    Code.SEC_002,
                    listen.spot(),
                    "admin.listen " + Quoted.bare(text) + " without tokens",
                    "\"unix:run/sixgate.sock\"");
        return null;
    }
}
