package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.edge.config.JsonNode.JsonArray;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonObject.Member;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.config.MeshDraft.Peer;
import dev.sixgate.edge.config.MeshDraft.Routes;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.sixpn.AddressClaims;
import dev.sixgate.edge.sixpn.AddressClaims.Workload;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Apps: their backends, and where those may live. */
final class AppReader {
    private static final Ipv6Prefix ANY_NETWORK = Ipv6Prefix.parse("fdaa::/16");
    private static final List<String> KINDS = List.of("pod", "vm", "function", "micro-vm", "static");
    private static final String DEFAULT_NETWORK = "default";

    /** An app and its services as written. */
    record Draft(App app, List<ServiceReader.Draft> services) {}

    private final Problems problems;
    private final Map<String, Ipv6Prefix> networks;
    private final List<Located<Ipv6Prefix>> own;
    private final Scope scope;
    private final Routes routes;
    private final boolean meshIsKnown;
    private final RoutesReader httpRoutes;
    private final Regions regions;
    private final BalancingReader balancing;
    private final AddressClaims claims;
    private final ClientAddressReader clients;
    private boolean needsMesh;

    /**
     * @param networks empty: none is declared, and backends live in {@code fdaa::/16}
     * @param mesh null: absent, or told as a problem
     * @param claims of the backends of all files
     */
    AppReader(
            Scope scope,
            Map<String, Ipv6Prefix> networks,
            @Nullable MeshDraft mesh,
            Regions regions,
            BalancingReader balancing,
            AddressClaims claims) {
        this.scope = scope;
        this.problems = scope.problems();
        this.regions = regions;
        this.balancing = balancing;
        this.claims = claims;
        this.networks = networks;
        meshIsKnown = mesh != null;
        own = mesh == null ? List.of() : mesh.own();
        clients = new ClientAddressReader(
                problems, own, mesh == null ? 1 : Math.max(1, mesh.identities().value()));
        httpRoutes = new RoutesReader(scope, regions, balancing);
        routes = new Routes(mesh == null ? List.of() : mesh.peers());
    }

    /** Tells of routes that send to what is not there; once all apps are read. */
    void checkReferences(List<Draft> apps) {
        httpRoutes.check(apps.stream().map(Draft::app).toList());
    }

    Routes routes() {
        return routes;
    }

    /** Whether a backend that was read can only be reached through the mesh. */
    boolean needsMesh() {
        return needsMesh;
    }

    List<Draft> apps(Fields top) {
        List<Draft> apps = new ArrayList<>();
        JsonNode node = top.get("apps");
        if (node == null) return apps;
        if (!(node instanceof JsonObject object)) {
            problems.error(Code.JSON_004, node.spot(), "\"apps\" must be an object, found " + node.found());
            return apps;
        }
        object.members().forEach((name, member) -> {
            top.asName(name, object.keySpot(name));
            Fields.of(member.value(), "the app " + Quoted.of(name), KeyCatalogue.APP, problems)
                    .ifPresent(fields -> apps.add(app(name, fields)));
        });
        return apps;
    }

    private Draft app(String name, Fields fields) {
        Map.Entry<String, Ipv6Prefix> network = network(fields);
        List<Backend> backends = backends(fields, network);
        List<ServiceReader.Draft> services = new ArrayList<>();
        ServiceReader reader = new ServiceReader(scope, httpRoutes, balancing, clients);
        Set<String> names = new HashSet<>();
        fields.require("services", "\"services\": [ { \"name\": \"http\", \"internal_port\": 8080, \"ports\": […] } ]");
        for (JsonNode item : fields.array("services"))
            Fields.of(item, "a service", KeyCatalogue.SERVICE, problems).ifPresent(service -> {
                ServiceReader.Draft draft = reader.service(service, Integer.parseInt(item.token()));
                services.add(draft);
                if (!names.add(draft.name())) twice(service.spot("name"), "services", draft.name());
            });
        doubtfulPorts(fields, services);
        return draft(name, backends, services, privateAddress(name, fields, network));
    }

    private @Nullable Inet6Address privateAddress(
            String name, Fields fields, Map.@Nullable Entry<String, Ipv6Prefix> network) {
        JsonText text = fields.textNode("private_address");
        if (text == null || !(new Addresses(problems).address(text, "\"private_address\"") instanceof InetAddress at))
            return null;
        if (!(at instanceof Inet6Address six)) {
            problems.error(
                    Code.ADDR_001,
                    text.spot(),
                    "private_address " + text.text() + " is IPv4; private addresses are of the IPv6 mesh",
                    "\"private_address\": \"fdaa:0:48c8:0:1::1a\", say");
            return null;
        }
        Ipv6Address address = Ipv6Address.of(six);
        needsMesh = true;
        Workload owner = claims.claim(address, new Workload("app", name));
        if (owner != null)
            problems.error(
                    Code.MAP_004,
                    text.spot(),
                    address + " is already owned by " + owner.kind() + " " + Quoted.of(owner.name()),
                    "give each app an address of its own");
        for (Located<Ipv6Prefix> range : own)
            if (range.value().contains(address) && range.value().length() == 128)
                problems.error(
                        Code.MESH_004,
                        text.spot(),
                        "private_address " + address + " is this edge's own address",
                        "give the app an address of its own");
        if (network != null && !network.getValue().contains(address)) {
            String right = owner(address);
            problems.error(
                    Code.ADDR_002,
                    text.spot(),
                    address + " is not inside networks." + network.getKey() + " (" + network.getValue() + ")"
                            + (right == null ? "" : "; it belongs to " + Quoted.of(right)),
                    null);
        }
        return six;
    }

    /** {@code app}, {@code http_service} and {@code backends} at the top of a file. */
    @Nullable
    Draft minimal(Fields top) {
        boolean any = top.has("app") || top.has("http_service") || top.has("backends");
        if (!any) return null;
        if (top.has("apps"))
            problems.error(
                    Code.JSON_010,
                    top.keySpot("apps"),
                    "\"apps\" stands beside the short form's \"app\", \"http_service\" and \"backends\"",
                    "move that app into \"apps\"");
        top.require("app", "\"app\": \"hello\", its name");
        String name = top.name("app");
        List<Backend> backends = backends(top, network(null));
        List<ServiceReader.Draft> services = new ArrayList<>();
        if (top.require("http_service", "\"http_service\": { \"internal_port\": 8080 }"))
            top.object("http_service", KeyCatalogue.HTTP_SERVICE)
                    .ifPresent(fields ->
                            services.add(new ServiceReader(scope, httpRoutes, balancing, clients).httpService(fields)));
        doubtfulPorts(top, services);
        return draft(name == null ? "app" : name, backends, services, null);
    }

    /** {@code fdaa::2:8080} is an address, and hardly the one that was meant when 8080 is a port of the app. */
    private void doubtfulPorts(Fields fields, List<ServiceReader.Draft> services) {
        if (!(fields.get("backends") instanceof JsonArray array)) return;
        Set<String> ports = new HashSet<>();
        for (ServiceReader.Draft draft : services)
            for (Service service : draft.services()) ports.add(Integer.toString(service.internalPort()));
        for (JsonNode item : array.items()) {
            JsonNode node = item;
            if (item instanceof JsonObject object && object.members().get("address") instanceof Member member)
                node = member.value();
            if (!(node instanceof JsonText text) || !text.text().contains("::")) continue;
            int colon = text.text().lastIndexOf(':');
            String port = text.text().substring(colon + 1);
            if (port.length() < 3 || !ports.contains(port) || Addresses.literal(text.text()) == null) continue;
            problems.warning(
                    Code.ADDR_003,
                    node.spot(),
                    Quoted.of(text.text()) + " reads as an address, not address and port",
                    "\"[" + text.text().substring(0, colon) + "]:" + port + "\" if a port is meant");
        }
    }

    private static Draft draft(
            String name,
            List<Backend> backends,
            List<ServiceReader.Draft> drafts,
            @Nullable Inet6Address privateAddress) {
        List<Service> services =
                drafts.stream().flatMap(draft -> draft.services().stream()).toList();
        return new Draft(new App(name, backends, services, privateAddress), drafts);
    }

    private Map.@Nullable Entry<String, Ipv6Prefix> network(@Nullable Fields app) {
        JsonText written = app == null ? null : app.textNode("network");
        String name = written == null ? DEFAULT_NETWORK : written.text();
        Ipv6Prefix prefix = networks.get(name);
        if (prefix != null) return Map.entry(name, prefix);
        if (written != null && !(networks.isEmpty() && name.equals(DEFAULT_NETWORK)))
            problems.error(
                    Code.JSON_010,
                    written.spot(),
                    "network " + Quoted.of(name) + " is not in \"networks\"",
                    NearestWord.question(name, networks.keySet()));
        else if (written == null && app != null && networks.size() > 0)
            problems.error(
                    Code.JSON_009,
                    app.object().spot(),
                    "the key \"network\" is missing here, and \"networks\" has no \"default\"",
                    "one of: "
                            + String.join(
                                    ", ",
                                    networks.keySet().stream()
                                            .map(Quoted::of)
                                            .limit(10)
                                            .toList()));
        return null;
    }

    private List<Backend> backends(Fields fields, Map.@Nullable Entry<String, Ipv6Prefix> network) {
        if (!fields.require("backends", "\"backends\": [\"fdaa:0:48c8:a7b:228:4b6d:6e20:2\"], say")) return List.of();
        JsonNode node = fields.get("backends");
        if (node instanceof JsonObject object && object.members().containsKey("from")) {
            problems.error(
                    Code.JSON_008,
                    fields.keySpot("backends"),
                    "backends from another source is not supported yet",
                    "list them in an array");
            return List.of();
        }
        if (node instanceof JsonArray array && array.items().isEmpty()) empty(fields, node.spot());
        List<Backend> backends = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode item : fields.array("backends")) {
            Backend backend = backend(item, network);
            if (backend == null) continue;
            backends.add(backend);
            claim(backend, item.spot());
            if (!names.add(backend.name())) twice(item.spot(), "backends", backend.name());
        }
        return backends;
    }

    /** As an app is while it is scaled to nothing, or when its routes all lead to other apps. */
    private void empty(Fields fields, Spot spot) {
        String sentence = "\"backends\" is empty: every request would get 503";
        if (fields.has("http_service")) problems.error(Code.JSON_010, spot, sentence, "list one");
        else if (!(fields.get("services") instanceof JsonArray services)
                || services.items().stream().anyMatch(service -> needsBackends(service)))
            problems.warning(Code.JSON_010, spot, sentence, "list one");
    }

    private static boolean needsBackends(JsonNode service) {
        return !(service instanceof JsonObject object && object.members().containsKey("routes"));
    }

    private void claim(Backend backend, Spot spot) {
        if (backend.insecureDirect() || !(backend.address() instanceof Inet6Address v6)) return;
        Ipv6Address address = Ipv6Address.of(v6);
        boolean unnamed = backend.name().indexOf(':') >= 0; // its name is what was written, perhaps with a port
        Workload workload = new Workload(backend.kind(), unnamed ? address.toString() : backend.name());
        Workload owner = claims.claim(address, workload);
        if (owner != null)
            problems.error(
                    Code.MAP_004,
                    spot,
                    address + " is already owned by " + owner.kind() + " " + Quoted.of(owner.name()),
                    "give each workload an address of its own, or the two backends one kind and name if they are one");
    }

    private void twice(Spot spot, String what, String name) {
        problems.error(Code.JSON_011, spot, "two " + what + " are called " + Quoted.of(name), "give each its own name");
    }

    private @Nullable Backend backend(JsonNode item, Map.@Nullable Entry<String, Ipv6Prefix> network) {
        if (item instanceof JsonText text) {
            HostAndPort address = address(text, false, network);
            return address == null ? null : backend(text.text(), "static", address, "", false, 1, Map.of());
        }
        if (!(item instanceof JsonObject object)) {
            problems.error(
                    Code.JSON_004, item.spot(), "a backend must be an address or an object, found " + item.found());
            return null;
        }
        Fields fields = new Fields(object, KeyCatalogue.BACKEND, problems);
        String name = fields.name("name");
        String kind = fields.word("kind", KINDS, List.of());
        String region = fields.name("region");
        if (region != null) regions.check("region", region, fields.spot("region"), problems);
        int weight = fields.whole("weight", 1, 1, Backend.MAX_WEIGHT);
        boolean direct = fields.flag("insecure_direct");
        if (!fields.require("address", "\"address\": \"fdaa:0:48c8:a7b:228:4b6d:6e20:2\", say")) return null;
        JsonText text = fields.textNode("address");
        HostAndPort address = text == null ? null : address(text, direct, network);
        if (text == null || address == null) return null;
        return backend(
                name == null ? text.text() : name,
                kind == null ? "static" : kind,
                address,
                region == null ? "" : region,
                direct,
                weight,
                PartyReader.labels(fields, "labels", problems));
    }

    private Backend backend(
            String name,
            String kind,
            HostAndPort at,
            String region,
            boolean direct,
            int weight,
            Map<String, String> labels) {
        InetAddress address = at.address();
        if (address == null) throw new AssertionError("backends are read without host names");
        String where = region;
        if (where.isEmpty() && !direct && address instanceof Inet6Address v6) {
            Peer peer = routes.of(Ipv6Address.of(v6));
            if (peer != null) where = peer.region();
        }
        return new Backend(name, kind, address, at.port(), where, direct, weight, labels);
    }

    private @Nullable HostAndPort address(
            JsonText node, boolean direct, Map.@Nullable Entry<String, Ipv6Prefix> network) {
        HostAndPort at = new Addresses(problems).addressMaybePort(node, "backend");
        if (at == null || direct) return at;
        switch (at.address()) {
            case Inet6Address v6 -> inside(Ipv6Address.of(v6), node.spot(), network);
            case Inet4Address v4 ->
                problems.error(
                        Code.ADDR_001,
                        node.spot(),
                        "backend " + v4.getHostAddress() + " is IPv4; backends live on the IPv6 mesh",
                        "run sixgate node beside it, or mark it \"insecure_direct\": true");
            case null, default -> {}
        }
        return at;
    }

    private void inside(Ipv6Address address, Spot spot, Map.@Nullable Entry<String, Ipv6Prefix> network) {
        needsMesh = true;
        Peer peer = routes.of(address);
        boolean inside = network != null && network.getValue().contains(address);
        String owner = inside ? network.getKey() : owner(address);
        if (peer == null && owner == null && !ANY_NETWORK.contains(address)) {
            problems.error(
                    Code.MESH_011,
                    spot,
                    "backend " + address + " is reached outside the tunnel, unencrypted",
                    "\"insecure_direct\": true if that is meant");
            return;
        }
        if (network != null && !inside)
            problems.error(
                    Code.ADDR_002,
                    spot,
                    address + " is not inside networks." + network.getKey() + " (" + network.getValue() + ")"
                            + (owner == null ? "" : "; it belongs to " + Quoted.of(owner)),
                    owner == null ? null : "\"network\": " + Quoted.of(owner));
        for (Located<Ipv6Prefix> range : own)
            if (range.value().contains(address))
                problems.error(
                        Code.MESH_004,
                        spot,
                        "backend " + address + " is inside " + range.value() + ", which is this edge's own range",
                        "give the address of the backend's host");
        if (peer == null && meshIsKnown)
            problems.warning(
                    Code.MESH_005,
                    spot,
                    "no peer's allowed_ips cover " + address,
                    "add it to a peer, or no request will reach it");
    }

    private @Nullable String owner(Ipv6Address address) {
        for (var each : networks.entrySet()) if (each.getValue().contains(address)) return each.getKey();
        return null;
    }
}
