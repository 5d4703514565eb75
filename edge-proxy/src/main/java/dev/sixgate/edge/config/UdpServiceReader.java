package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.LoadBalancing;
import dev.sixgate.edge.servicemap.LoadBalancing.KeyPart;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.UdpOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is particular to services with {@code "protocol": "udp"}. */
final class UdpServiceReader {
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final int MAX_SESSIONS = 1_000_000;
    private static final List<String> OF_TCP = List.of("http_options", "tls_options", "tcp_options");
    private static final List<String> OF_TCP_PORTS = List.of("force_https", "accept_proxy_proto");

    private final Problems problems;
    private final PortNumbers numbers;

    UdpServiceReader(Problems problems) {
        this.problems = problems;
        this.numbers = new PortNumbers(problems);
    }

    /** @param handlers of each entry of {@code ports} */
    List<Located<PortBinding>> ports(
            Fields service, List<Fields> entries, List<List<Handler>> handlers, int internalPort) {
        refuse(service, OF_TCP);
        if (service.has("routes"))
            problems.error(Code.PORT_004, service.keySpot("routes"), "routes cannot run on a udp service", "remove it");
        if (service.has("hostnames"))
            problems.error(
                    Code.PORT_006,
                    service.keySpot("hostnames"),
                    "hostnames on a udp service: datagrams carry no name",
                    "remove it; give each service its own port");
        UdpOptions base = options(service, UdpOptions.DEFAULT);
        List<Located<PortBinding>> ports = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Fields entry = entries.get(i);
            refuse(entry, OF_TCP);
            refuse(entry, OF_TCP_PORTS);
            UdpOptions options = options(entry, base);
            if (entry.get("udp") instanceof JsonNode.JsonObject object
                    && object.members().containsKey("load_balancing_key"))
                problems.error(
                        Code.JSON_010,
                        object.keySpot("load_balancing_key"),
                        "\"load_balancing_key\" is the service's, and not one of its ports'",
                        "move it to \"udp\" of the service");
            ProxyProtocol proxyProtocol = proxyProtocol(entry, handlers.get(i));
            if (proxyProtocol.send() != null) options = headers(entry, options);
            List<Integer> all = numbers.read(entry);
            numbers.collapse(entry, all, internalPort);
            for (int port : all)
                ports.add(new Located<>(
                        PortBinding.udp(port, proxyProtocol, options),
                        entry.spot(entry.has("port") ? "port" : "start_port")));
        }
        return ports;
    }

    private void refuse(Fields fields, List<String> keys) {
        for (String key : keys)
            if (fields.has(key))
                problems.error(Code.PORT_004, fields.keySpot(key), key + " cannot stand on a udp service", "remove it");
    }

    private UdpOptions options(Fields parent, UdpOptions base) {
        Fields fields = parent.object("udp", KeyCatalogue.UDP).orElse(null);
        if (fields == null) return base;
        return new UdpOptions(
                fields.duration("idle_timeout", base.idleTimeout(), MILLISECOND, DAY),
                fields.whole("max_sessions", base.maxSessions(), 1, MAX_SESSIONS),
                base.headerEachTime());
    }

    private ProxyProtocol proxyProtocol(Fields entry, List<Handler> handlers) {
        ProxyProtocol read = new ProxyProtocolReader(problems).read(entry, handlers);
        if (read.send() == ProxyProtocol.Version.V1)
            problems.error(
                    Code.PORT_004,
                    entry.spot("handlers"),
                    "proxy_proto version 1 has no words for UDP",
                    "\"proxy_proto_options\": { \"version\": \"v2\" }");
        return read;
    }

    private UdpOptions headers(Fields entry, UdpOptions base) {
        Fields fields = entry.object("proxy_proto_options", KeyCatalogue.PROXY_PROTO_OPTIONS)
                .orElse(null);
        String per = fields == null ? null : fields.word("per", List.of("session", "datagram"), List.of());
        return new UdpOptions(base.idleTimeout(), base.maxSessions(), "datagram".equals(per));
    }

    /** {@code udp.load_balancing_key} hashes whatever the policy of others is. */
    BackendPolicy policy(Fields service, BackendPolicy read) {
        Fields fields = service.get("udp") instanceof JsonNode.JsonObject object
                ? new Fields(object, KeyCatalogue.UDP, new Problems()) // its keys were told of before
                : null;
        if (fields == null || !fields.has("load_balancing_key")) return read;
        List<KeyPart> key = new ArrayList<>();
        for (JsonNode item :
                service.object("udp", KeyCatalogue.UDP).orElseThrow().array("load_balancing_key")) {
            KeyPart part = item instanceof JsonText text ? keyPart(text.text()) : null;
            if (part != null) key.add(part);
            else
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        "\"load_balancing_key\" holds what a datagram has",
                        "\"client_ip\" or \"client_port\"");
        }
        LoadBalancing given = read.loadBalancing();
        LoadBalancing hashing = new LoadBalancing(
                given.policy().hashes() ? given.policy() : LoadBalancing.Policy.MAGLEV,
                key.isEmpty() ? given.key() : key,
                given.nearest(),
                given.spillAt(),
                given.regions(),
                given.slowStart());
        return new BackendPolicy(
                hashing,
                read.concurrency(),
                read.tryAllWhenUnhealthy(),
                read.persistence(),
                read.checks(),
                read.outliers());
    }

    private static @Nullable KeyPart keyPart(String text) {
        return switch (text) {
            case "client_ip" -> new KeyPart(KeyPart.Kind.CLIENT_IP, "");
            case "client_port" -> new KeyPart(KeyPart.Kind.CLIENT_PORT, "");
            default -> null;
        };
    }
}
