package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.RateLimit;
import dev.sixgate.edge.servicemap.RequestPolicy;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Services with their ports: {@code apps.*.services} and the minimal form's {@code http_service}. */
final class ServiceReader {
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final List<String> WORDS = List.of("tls", "http", "proxy_proto");
    private static final List<Handler> RAW = List.of();
    private static final List<Handler> HTTP = List.of(Handler.HTTP);
    private static final List<Handler> TLS_HTTP = List.of(Handler.TLS, Handler.HTTP);

    /**
     * A service with the places that checks across services point at.
     *
     * @param services one, or, without {@code internal_port}, one for each port number
     */
    record Draft(
            String name, List<Located<String>> hostnames, List<Located<PortBinding>> ports, List<Service> services) {}

    private record Options(
            HttpOptions http, TlsOptions tls, TcpOptions tcp, boolean ownAlpn, BackendProtocol protocol) {
        static final Options DEFAULT = new Options(
                HttpOptions.DEFAULT, TlsOptions.DEFAULT, TcpOptions.DEFAULT, false, BackendProtocol.HTTP_1_1);
    }

    private final Problems problems;
    private final OptionsReader options;
    private final RoutesReader routes;
    private final BackendProtocolReader protocols;
    private final BalancingReader balancing;
    private final ProxyProtocolReader proxyProtocols;
    private final ClientAddressReader clients;

    /** @param routes collects what the routes of all services refer to */
    ServiceReader(Scope scope, RoutesReader routes, BalancingReader balancing, ClientAddressReader clients) {
        this.clients = clients;
        this.problems = scope.problems();
        this.protocols = new BackendProtocolReader(scope);
        this.options = new OptionsReader(scope);
        this.routes = routes;
        this.balancing = balancing;
        this.proxyProtocols = new ProxyProtocolReader(problems);
    }

    /** Ports 80 and 443, HTTP on both. */
    Draft httpService(Fields fields) {
        Options resolved = options(fields, null);
        boolean forceHttps = fields.flag("force_https");
        fields.require("internal_port", "\"internal_port\": 8080, where the backends listen");
        Spot spot = fields.object().spot();
        List<Located<PortBinding>> ports = List.of(
                new Located<>(
                        binding(HTTP_PORT, HTTP, resolved, ProxyProtocol.NONE, forceHttps ? HTTPS_PORT : 0), spot),
                new Located<>(binding(HTTPS_PORT, TLS_HTTP, resolved, ProxyProtocol.NONE, 0), spot));
        return draft("http", hostnames(fields), internalPort(fields), ports, uses(fields, ports, resolved.protocol));
    }

    /** @param index of the service in its array, for want of a name */
    Draft service(Fields fields, int index) {
        fields.require("name", "\"name\": \"http\", say; it stands in logs and metrics");
        String name = fields.name("name");
        boolean udp = "udp".equals(fields.word("protocol", List.of("tcp", "udp"), List.of()));
        Options base = udp ? Options.DEFAULT : options(fields, null);
        List<Located<String>> hostnames = hostnames(fields);
        List<Fields> entries = new ArrayList<>();
        for (JsonNode item : fields.array("ports"))
            Fields.of(item, "a port", KeyCatalogue.PORT, problems).ifPresent(entries::add);
        List<List<Handler>> handlers = new ArrayList<>();
        for (Fields entry : entries) handlers.add(handlers(entry, udp));
        int internalPort = internalPort(fields);
        if (udp) return udp(fields, name == null ? "service-" + (index + 1) : name, entries, handlers, internalPort);
        if (fields.has("udp"))
            problems.warning(
                    Code.PORT_012,
                    fields.keySpot("udp"),
                    "udp has no effect on a service of TCP",
                    "\"protocol\": \"udp\" if that is meant");
        int httpsPort = httpsPort(entries, handlers);
        PortNumbers numbers = new PortNumbers(problems);
        List<Located<PortBinding>> ports = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Fields entry = entries.get(i);
            List<Integer> all = numbers.read(entry);
            numbers.collapse(entry, all, internalPort);
            int port = all.isEmpty() ? 0 : all.getFirst();
            Options resolved = options(entry, base);
            unused(entry, handlers.get(i), port);
            ProxyProtocol proxyProtocol = proxyProtocols.read(entry, handlers.get(i));
            int redirect = forceHttps(entry, handlers.get(i), port, httpsPort);
            for (int each : all)
                ports.add(new Located<>(
                        binding(each, handlers.get(i), resolved, proxyProtocol, redirect),
                        entry.spot(entry.has("port") ? "port" : "start_port")));
        }
        if (!fields.has("client_ip")) warnOfHiddenClients(name, entries, handlers);
        for (String key : List.of("routes", "timeouts", "retry"))
            if (fields.has(key)
                    && (key.equals("routes") || !handlers.isEmpty())
                    && handlers.stream().noneMatch(list -> list.contains(Handler.HTTP)))
                problems.warning(
                        Code.PORT_012,
                        fields.keySpot(key),
                        key + (key.equals("retry") ? " has" : " have")
                                + " no effect: no port of this service has the handler \"http\"");
        return draft(
                name == null ? "service-" + (index + 1) : name,
                hostnames,
                internalPort,
                ports,
                uses(fields, ports, base.protocol));
    }

    private Draft udp(
            Fields fields, String name, List<Fields> entries, List<List<Handler>> handlers, int internalPort) {
        UdpServiceReader reader = new UdpServiceReader(problems);
        List<Located<PortBinding>> ports = reader.ports(fields, entries, handlers, internalPort);
        Uses uses = new Uses(
                reader.policy(fields, balancing.policy(fields, true)),
                List.of(),
                BackendProtocol.HTTP_1_1,
                new RateLimitReader(problems).read(fields),
                RequestPolicy.DEFAULT,
                clients.embeds(fields, ports));
        return draft(name, List.of(), internalPort, ports, uses);
    }

    private static PortBinding binding(
            int port, List<Handler> handlers, Options options, ProxyProtocol proxyProtocol, int redirect) {
        TlsOptions tls = options.tls;
        // Bytes that nobody here reads as HTTP must not be agreed on as h2.
        if (handlers.contains(Handler.TLS) && !handlers.contains(Handler.HTTP) && !options.ownAlpn)
            tls = new TlsOptions(List.of(), tls.versions(), tls.clientAuth());
        return new PortBinding(port, handlers, tls, options.http, options.tcp, proxyProtocol, redirect);
    }

    private static int internalPort(Fields fields) {
        return fields.whole("internal_port", 0, 1, 65535);
    }

    private static Draft draft(
            String name,
            List<Located<String>> hostnames,
            int internalPort,
            List<Located<PortBinding>> ports,
            Uses uses) {
        List<String> hosts = hostnames.stream().map(Located::value).toList();
        if (internalPort > 0) {
            List<PortBinding> bindings = ports.stream().map(Located::value).toList();
            return new Draft(name, hostnames, ports, List.of(service(name, hosts, internalPort, bindings, uses)));
        }
        // Each public port is its own internal port.
        Map<Integer, List<PortBinding>> byNumber = new LinkedHashMap<>();
        for (Located<PortBinding> port : ports)
            byNumber.computeIfAbsent(port.value().port(), _ -> new ArrayList<>())
                    .add(port.value());
        List<Service> services = byNumber.entrySet().stream()
                .map(entry -> service(name, hosts, entry.getKey(), entry.getValue(), uses))
                .toList();
        return new Draft(name, hostnames, ports, services);
    }

    private static Service service(
            String name, List<String> hosts, int internalPort, List<PortBinding> ports, Uses uses) {
        return new Service(
                name,
                hosts,
                internalPort,
                ports,
                uses.policy,
                uses.routes,
                uses.protocol,
                uses.limits,
                uses.requests,
                uses.embed);
    }

    /** What a service does with its requests. */
    private record Uses(
            BackendPolicy policy,
            List<HttpRoute> routes,
            BackendProtocol protocol,
            List<RateLimit> limits,
            RequestPolicy requests,
            boolean embed) {}

    private Uses uses(Fields fields, List<Located<PortBinding>> ports, BackendProtocol protocol) {
        boolean raw = !ports.isEmpty()
                && ports.stream().noneMatch(port -> port.value().handlers().contains(Handler.HTTP));
        RequestPolicy requests = balancing.requests(fields);
        return new Uses(
                balancing.policy(fields, raw),
                routes.routes(fields, requests),
                protocol,
                new RateLimitReader(problems).read(fields),
                requests,
                clients.embeds(fields, ports));
    }

    /** @param service whose words hold where {@code fields}, a port's, say nothing; null: they are the service's */
    private Options options(Fields fields, @Nullable Options service) {
        Options base = service == null ? Options.DEFAULT : service;
        Fields http = fields.object("http_options", KeyCatalogue.HTTP_OPTIONS).orElse(null);
        if (service != null) protocols.refuse(http);
        boolean alpn = fields.get("tls_options") instanceof JsonObject tls
                && tls.members().containsKey("alpn");
        return new Options(
                options.http(http, base.http),
                options.tls(fields, base.tls),
                options.tcp(fields, base.tcp),
                base.ownAlpn || alpn,
                service == null ? protocols.read(http) : base.protocol);
    }

    private List<Located<String>> hostnames(Fields fields) {
        Map<String, Located<String>> names = new LinkedHashMap<>();
        for (JsonText item : fields.texts("hostnames")) {
            String name = Addresses.hostname(item.text(), true);
            if (name == null) {
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(item.text()) + " is not a host name",
                        hostnameHelp(item.text()));
                continue;
            }
            if (names.putIfAbsent(name, new Located<>(name, item.spot())) != null)
                problems.error(Code.JSON_011, item.spot(), Quoted.of(name) + " appears twice", "remove one");
        }
        return List.copyOf(names.values());
    }

    private static String hostnameHelp(String text) {
        if (text.equals("*")) return "leave \"hostnames\" out: a service without them takes any host";
        if (text.chars().anyMatch(c -> c > 127)) return "write it in its ASCII form, xn--…";
        return "such as \"shop.example.com\" or \"*.example.com\", without scheme and port";
    }

    private List<Handler> handlers(Fields entry, boolean udp) {
        if (udp && !entry.has("handlers")) return RAW;
        if (!entry.require("handlers", "[\"tls\", \"http\"], [\"http\"], [\"tls\"], or [] for raw TCP")) return RAW;
        List<Handler> handlers = new ArrayList<>();
        List<String> written = new ArrayList<>();
        for (JsonText item : entry.texts("handlers")) {
            String word = entry.asWord("a handler", item, WORDS, List.of());
            if (word == null) continue;
            written.add(Quoted.of(word));
            if (udp && !word.equals("proxy_proto"))
                problems.error(
                        Code.PORT_004, item.spot(), "handler " + Quoted.of(word) + " cannot run on a udp service");
            Handler handler = Handler.valueOf(word.toUpperCase(Locale.ROOT));
            if (handlers.contains(handler))
                problems.error(Code.JSON_011, item.spot(), Quoted.of(word) + " appears twice", "remove one");
            else handlers.add(handler);
        }
        return ordered(entry, handlers, String.join(",", written));
    }

    private List<Handler> ordered(Fields entry, List<Handler> written, String words) {
        if (written.contains(Handler.PROXY_PROTO) && written.contains(Handler.HTTP)) {
            problems.error(
                    Code.PORT_004,
                    entry.spot("handlers"),
                    "handlers [" + words + "]: proxy_proto cannot stand beside http, whose connections to backends are"
                            + " shared by many clients",
                    "remove \"proxy_proto\"; backends find the client in X-Forwarded-For");
            return HTTP;
        }
        List<Handler> sorted = written.stream().sorted().toList(); // as the enum is: outermost first
        if (!sorted.equals(written))
            problems.error(
                    Code.PORT_003,
                    entry.spot("handlers"),
                    "handlers [" + words + "]: TLS must come first (outermost)",
                    PortChecks.words(sorted));
        return sorted;
    }

    /** Once a service. */
    private void warnOfHiddenClients(@Nullable String name, List<Fields> entries, List<List<Handler>> handlers) {
        for (int i = 0; i < entries.size(); i++) {
            List<Handler> words = handlers.get(i);
            if (words.contains(Handler.HTTP)
                    || words.contains(Handler.PROXY_PROTO)
                    || !entries.get(i).has("handlers")) continue;
            problems.warning(
                    Code.TRUST_002,
                    entries.get(i).spot("handlers"),
                    (name == null ? "this service" : name)
                            + " forwards TCP without proxy_proto or client_ip: backends will see the edge only",
                    "add \"proxy_proto\" as the last handler, where the backends understand it");
            return;
        }
    }

    /** 443 if the service has it, else its first port with TLS and HTTP; 0: none. */
    private static int httpsPort(List<Fields> entries, List<List<Handler>> handlers) {
        int first = 0;
        for (int i = 0; i < entries.size(); i++) {
            if (!handlers.get(i).equals(TLS_HTTP)) continue;
            int port = number(entries.get(i).get("port"));
            if (port == HTTPS_PORT) return port;
            if (first == 0) first = port;
        }
        return first;
    }

    /** Without a complaint, which comes when the port itself is read. */
    private static int number(@Nullable JsonNode node) {
        if (!(node instanceof JsonLiteral literal)) return 0;
        return literal.literal().matches("[0-9]{1,5}") ? Integer.parseInt(literal.literal()) : 0;
    }

    private int forceHttps(Fields entry, List<Handler> handlers, int port, int httpsPort) {
        if (!entry.flag("force_https") || handlers.contains(Handler.TLS)) return 0;
        if (!handlers.contains(Handler.HTTP))
            problems.error(
                    Code.PORT_007,
                    entry.spot("force_https"),
                    "force_https on port " + port + ", whose handlers lack \"http\": nothing could redirect there",
                    "remove it");
        else if (httpsPort == 0)
            problems.error(
                    Code.PORT_007,
                    entry.spot("force_https"),
                    "force_https on port " + port + " but no port of this service has \"tls\"",
                    "{ \"port\": 443, \"handlers\": [\"tls\", \"http\"] }");
        else return httpsPort;
        return 0;
    }

    private void unused(Fields entry, List<Handler> handlers, int port) {
        warnUnused(entry, "tls_options", "tls", handlers.contains(Handler.TLS), port);
        warnUnused(entry, "http_options", "http", handlers.contains(Handler.HTTP), port);
        warnUnused(entry, "proxy_proto_options", "proxy_proto", handlers.contains(Handler.PROXY_PROTO), port);
    }

    private void warnUnused(Fields entry, String key, String handler, boolean used, int port) {
        if (!used && entry.has(key))
            problems.warning(
                    Code.PORT_012,
                    entry.keySpot(key),
                    key + " of port " + port + " has no effect: its handlers lack " + Quoted.of(handler));
    }
}
