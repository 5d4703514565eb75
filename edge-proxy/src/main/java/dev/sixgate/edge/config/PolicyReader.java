package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.networkpolicy.AddressSet;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.networkpolicy.Policy.Allow;
import dev.sixgate.edge.networkpolicy.Policy.Direction;
import dev.sixgate.edge.networkpolicy.Policy.Mode;
import dev.sixgate.edge.networkpolicy.Policy.Party;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.edge.networkpolicy.PortSet;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.servicemap.App;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code policies}: of the first file and of every document, once all apps are known. */
final class PolicyReader {
    private static final int MAX_PORTS = 256;
    private static final List<String> MODES = List.of("enforce", "audit");

    private final PartyReader.Known known;
    private final Problems problems;
    private final PartyReader parties;
    private final Set<String> names = new HashSet<>();
    private final List<Policy> policies = new ArrayList<>();
    /** Apps that policies close by name, and where that is said. */
    private final List<MeshDraft.Located<App>> closed = new ArrayList<>();

    PolicyReader(PartyReader.Known known, Problems problems) {
        this.known = known;
        this.problems = problems;
        this.parties = new PartyReader(known, problems);
    }

    void read(Fields top) {
        for (JsonNode item : top.array("policies")) {
            if (policies.size() == PolicyTable.MAX_POLICIES) {
                problems.error(
                        Code.JSON_010, item.spot(), "there are more than " + PolicyTable.MAX_POLICIES + " policies");
                return;
            }
            Fields.of(item, "a policy", KeyCatalogue.POLICY, problems).ifPresent(fields -> {
                Policy policy = policy(fields);
                if (policy != null) policies.add(policy);
            });
        }
    }

    /** All that were read; what only shows once all are there is told of now. */
    List<Policy> policies() {
        for (MeshDraft.Located<App> each : closed) warnIfShutOut(each);
        return List.copyOf(policies);
    }

    private @Nullable Policy policy(Fields fields) {
        fields.require("name", "\"name\": \"api-callers\"; it stands in answers, logs and metrics");
        String name = fields.name("name");
        if (name != null && !names.add(name))
            problems.error(
                    Code.JSON_011, fields.spot("name"), "two policies are called " + Quoted.of(name), "rename one");
        String mode = fields.word("mode", MODES, List.of());
        fields.require("allow", "\"allow\": [ { \"app\": \"shop\" } ], or [] for nobody");
        boolean ingress = fields.has("to");
        if (ingress == fields.has("from")) {
            problems.error(
                    Code.JSON_010,
                    ingress ? fields.keySpot("from") : fields.object().spot(),
                    ingress
                            ? "\"from\" stands beside \"to\": a policy is about those who are called, or those who call"
                            : "neither \"to\" nor \"from\" says whom the policy is about",
                    ingress ? "a policy for each" : "\"to\": { \"app\": \"api\" }, say");
            return null;
        }
        String key = ingress ? "to" : "from";
        Fields selector = fields.object(key, KeyCatalogue.POLICY_SUBJECT).orElse(null);
        if (selector == null) return null;
        Party subject = parties.read(selector);
        PortSet ports = ports(selector);
        List<Allow> allow = allow(fields);
        if (name == null || subject == null || ports == null || allow == null) return null;
        if (subject.addresses().isEmpty())
            problems.warning(
                    Code.POL_003,
                    fields.spot(key),
                    "policy " + Quoted.of(name) + " selects nothing",
                    "it has no effect until " + subject.text() + " has an address");
        Mode how = "audit".equals(mode) ? Mode.AUDIT : Mode.ENFORCE;
        if (ingress && how == Mode.ENFORCE)
            for (App app : known.apps())
                if (selector.get("app") instanceof JsonText text && text.text().equals(app.name()))
                    closed.add(new MeshDraft.Located<>(app, fields.spot("to")));
        return new Policy(name, how, ingress ? Direction.INGRESS : Direction.EGRESS, subject, ports, allow);
    }

    private @Nullable List<Allow> allow(Fields policy) {
        List<JsonNode> items = policy.array("allow");
        if (items.size() > PolicyTable.MAX_ALLOW) {
            problems.error(
                    Code.JSON_010,
                    policy.spot("allow"),
                    "\"allow\" has " + items.size() + " items, and at most " + PolicyTable.MAX_ALLOW
                            + " are looked at");
            return null;
        }
        List<Allow> allow = new ArrayList<>();
        boolean sound = true;
        for (JsonNode item : items) {
            Fields fields = Fields.of(item, "an item of \"allow\"", KeyCatalogue.POLICY_ALLOW, problems)
                    .orElse(null);
            Party peer = fields == null ? null : parties.read(fields);
            PortSet ports = fields == null ? null : ports(fields);
            if (peer == null || ports == null) sound = false;
            else allow.add(new Allow(peer, ports));
        }
        return sound ? allow : null;
    }

    /** {@code 8080}, or an object that says more. */
    private @Nullable PortSet ports(Fields fields) {
        List<JsonNode> items = fields.array("ports");
        if (fields.has("ports") && (items.isEmpty() || items.size() > MAX_PORTS)) {
            problems.error(
                    Code.JSON_010,
                    fields.spot("ports"),
                    items.isEmpty() ? "\"ports\" is empty" : "\"ports\" has more than " + MAX_PORTS + " items",
                    "leave it out for every port");
            return null;
        }
        List<PortSet.Range> ranges = new ArrayList<>();
        for (JsonNode item : items) {
            PortSet.Range range = item instanceof JsonObject object
                    ? range(new Fields(object, KeyCatalogue.POLICY_PORT, problems))
                    : number(item);
            if (range == null) return null;
            ranges.add(range);
        }
        return PortSet.of(ranges);
    }

    private PortSet.@Nullable Range number(JsonNode item) {
        int port = item instanceof JsonLiteral literal && literal.literal().matches("[1-9][0-9]{0,4}")
                ? Integer.parseInt(literal.literal())
                : 0;
        if (port > 0 && port <= 65_535) return new PortSet.Range(List.of(Protocol.values()), port, port);
        problems.error(
                Code.JSON_010,
                item.spot(),
                "an item of \"ports\" must be a port or an object, found " + item.found(),
                "8080, or { \"start_port\": 7000, \"end_port\": 7009, \"protocol\": \"udp\" }");
        return null;
    }

    private PortSet.@Nullable Range range(Fields fields) {
        String word = fields.word("protocol", List.of("tcp", "udp"), List.of());
        List<Protocol> protocols =
                word == null ? List.of(Protocol.values()) : List.of(Protocol.valueOf(word.toUpperCase(Locale.ROOT)));
        if (fields.has("port")) {
            for (String other : List.of("start_port", "end_port"))
                if (fields.has(other))
                    problems.error(
                            Code.JSON_010,
                            fields.keySpot(other),
                            Quoted.of(other) + " stands beside \"port\"",
                            "one port, or the ends of a range");
            int port = fields.whole("port", 0, 1, 65_535);
            return port == 0 ? null : new PortSet.Range(protocols, port, port);
        }
        if (fields.has("start_port") != fields.has("end_port")) {
            problems.error(
                    Code.JSON_009,
                    fields.object().spot(),
                    "a range needs \"start_port\" and \"end_port\"",
                    "{ \"start_port\": 7000, \"end_port\": 7009 }");
            return null;
        }
        int first = fields.whole("start_port", 1, 1, 65_535);
        int last = fields.whole("end_port", 65_535, 1, 65_535);
        if (first <= last) return new PortSet.Range(protocols, first, last);
        problems.error(
                Code.JSON_010, fields.spot("end_port"), "the range ends at " + last + ", before it begins at " + first);
        return null;
    }

    /** Nobody from outside would get through to an app that is there for them. */
    private void warnIfShutOut(MeshDraft.Located<App> closed) {
        App app = closed.value();
        boolean isPublic = app.services().stream()
                .anyMatch(service -> !service.ports().isEmpty()
                        && (app.privateAddress() == null || !service.hostnames().isEmpty()));
        if (!isPublic) return;
        boolean letsIn = policies.stream()
                .filter(policy -> policy.direction() == Direction.INGRESS && policy.mode() == Mode.ENFORCE)
                .filter(policy -> app.backends().stream()
                        .anyMatch(backend -> policy.subject().addresses().contains(AddressSet.key(backend.address()))))
                .flatMap(policy -> policy.allow().stream())
                .anyMatch(allow -> isOutside(allow.peer()));
        if (letsIn) return;
        problems.warning(
                Code.POL_002,
                closed.spot(),
                "no policy allows edges, nor clients by their address, yet " + Quoted.of(app.name())
                        + " has public ports: requests from outside will be denied",
                "add { \"edge\": \"*\" } to \"allow\"");
    }

    /** This edge, or addresses that are no workload's of the mesh. */
    private boolean isOutside(Party peer) {
        AddressSet own = AddressSet.of(known.edgeRanges(), List.of());
        return peer.addresses().overlaps(own) || peer.addresses().overlaps(AddressSet.PUBLIC);
    }
}
