package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.networkpolicy.AddressSet;
import dev.sixgate.edge.networkpolicy.Policy.Party;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Selectors of policies: words become the addresses that they stand for at this moment. */
final class PartyReader {
    /** Ways to name somebody, of which an object has one. */
    private static final List<String> WAYS = List.of("app", "edge", "network", "peer", "cidr");

    private static final int MAX_CIDRS = 100_000;

    /**
     * Who there is to be named.
     *
     * @param edge this edge's name; null: this is no edge
     * @param own this edge's ranges
     */
    record Known(
            @Nullable String edge,
            List<Ipv6Prefix> own,
            List<MeshDraft.Peer> peers,
            Map<String, Ipv6Prefix> networks,
            List<App> apps) {
        /** Those that a node knows: peers and ranges. */
        static Known ofNode(@Nullable MeshDraft mesh) {
            return new Known(null, List.of(), mesh == null ? List.of() : mesh.peers(), Map.of(), List.of());
        }

        /** What this edge's own flows come from: its ranges, and where it has none, no address. */
        List<Ipv6Prefix> edgeRanges() {
            return Stream.concat(own.stream(), Stream.of(new Ipv6Prefix(Ipv6Address.UNSPECIFIED, 128)))
                    .toList();
        }
    }

    private final Known known;
    private final Problems problems;

    PartyReader(Known known, Problems problems) {
        this.known = known;
        this.problems = problems;
    }

    /** Null, with a problem told, when it names nobody that there is. */
    @Nullable
    Party read(Fields fields) {
        List<String> ways = WAYS.stream().filter(fields::has).toList();
        if (ways.size() > 1) {
            problems.error(
                    Code.JSON_010,
                    fields.keySpot(ways.get(1)),
                    Quoted.of(ways.get(1)) + " stands beside " + Quoted.of(ways.getFirst())
                            + "; one object names one kind of party",
                    "an object for each");
            return null;
        }
        Map<String, String> labels = labels(fields, "labels", problems);
        if (fields.has("except") && !fields.has("cidr")) {
            problems.error(Code.JSON_010, fields.keySpot("except"), "\"except\" needs \"cidr\" beside it");
            return null;
        }
        if (ways.isEmpty()) return labels.isEmpty() ? Party.ANYONE : ofApps("", known.apps, labels);
        if (!labels.isEmpty() && !ways.getFirst().equals("app")) {
            problems.error(
                    Code.JSON_010,
                    fields.keySpot("labels"),
                    "\"labels\" are of backends, and " + Quoted.of(ways.getFirst()) + " names none",
                    "let them stand alone, or beside \"app\"");
            return null;
        }
        if (ways.getFirst().equals("cidr")) return cidr(fields);
        JsonText name = fields.textNode(ways.getFirst());
        if (name == null) return null;
        return switch (ways.getFirst()) {
            case "app" -> app(name, labels);
            case "edge" -> edge(name);
            case "network" -> network(name);
            default -> peer(name);
        };
    }

    private @Nullable Party app(JsonText name, Map<String, String> labels) {
        if (name.text().equals("*")) return ofApps("every app", known.apps, labels);
        List<App> apps = known.apps.stream()
                .filter(app -> app.name().equals(name.text()))
                .toList();
        if (apps.isEmpty())
            return unknown("app", name, known.apps.stream().map(App::name).toList());
        return ofApps("app " + Quoted.of(name.text()), apps, labels);
    }

    private static Party ofApps(String text, List<App> apps, Map<String, String> labels) {
        List<Ipv6Prefix> addresses = new ArrayList<>();
        for (App app : apps)
            for (Backend backend : app.backends())
                if (backend.labels().entrySet().containsAll(labels.entrySet()))
                    addresses.add(new Ipv6Prefix(AddressSet.key(backend.address()), 128));
        String labelled = labels.isEmpty() ? "" : "labels " + labels.toString().replaceAll("[{}]", "");
        return new Party(
                text + (text.isEmpty() || labelled.isEmpty() ? "" : " with ") + labelled,
                AddressSet.of(addresses, List.of()));
    }

    private @Nullable Party edge(JsonText name) {
        boolean all = name.text().equals("*");
        List<Ipv6Prefix> ranges = new ArrayList<>();
        List<String> names = new ArrayList<>();
        if (known.edge != null) {
            names.add(known.edge);
            if (all || name.text().equals(known.edge)) ranges.addAll(known.edgeRanges());
        }
        for (MeshDraft.Peer peer : known.peers)
            if (peer.edge()) {
                names.add(peer.name());
                if (all || peer.name().equals(name.text())) ranges.addAll(ranges(peer));
            }
        if (!all && !names.contains(name.text())) return unknown("edge", name, names);
        return new Party(all ? "every edge" : "edge " + Quoted.of(name.text()), AddressSet.of(ranges, List.of()));
    }

    private @Nullable Party network(JsonText name) {
        Ipv6Prefix range = known.networks.get(name.text());
        if (range == null) return unknown("network", name, known.networks.keySet());
        return new Party("network " + Quoted.of(name.text()), AddressSet.of(List.of(range), List.of()));
    }

    private @Nullable Party peer(JsonText name) {
        for (MeshDraft.Peer peer : known.peers)
            if (peer.name().equals(name.text()))
                return new Party("peer " + Quoted.of(name.text()), AddressSet.of(ranges(peer), List.of()));
        return unknown(
                "peer", name, known.peers.stream().map(MeshDraft.Peer::name).toList());
    }

    private static List<Ipv6Prefix> ranges(MeshDraft.Peer peer) {
        return peer.allowedIps().stream().map(MeshDraft.Located::value).toList();
    }

    private @Nullable Party unknown(String what, JsonText name, Collection<String> names) {
        problems.error(
                Code.POL_001,
                name.spot(),
                "there is no " + what + " " + Quoted.of(name.text()),
                NearestWord.question(name.text(), names));
        return null;
    }

    private @Nullable Party cidr(Fields fields) {
        List<Ipv6Prefix> in = prefixes(fields, "cidr");
        List<Ipv6Prefix> except = prefixes(fields, "except");
        if (in == null || except == null) return null;
        for (Ipv6Prefix hole : except)
            if (in.stream().noneMatch(each -> each.contains(hole))) {
                problems.error(
                        Code.POL_004,
                        fields.spot("except"),
                        "\"except\" has " + shown(hole) + ", which no \"cidr\" beside it holds",
                        "write a part of " + (in.isEmpty() ? "it" : shown(in.getFirst())));
                return null;
            }
        String text = in.isEmpty()
                ? "nobody"
                : shown(in.getFirst()) + (in.size() > 1 ? " and " + (in.size() - 1) + " more" : "");
        // An IPv6 range never means IPv4 addresses, which have their place inside ::/0.
        List<Ipv6Prefix> holes = new ArrayList<>(except);
        boolean coversIpv4 = in.stream()
                .anyMatch(each -> each.length() < AddressSet.IPV4.length() && each.contains(AddressSet.IPV4));
        AddressSet set;
        if (coversIpv4) {
            holes.add(AddressSet.IPV4);
            List<Ipv6Prefix> four =
                    in.stream().filter(AddressSet.IPV4::contains).toList();
            set = AddressSet.union(AddressSet.of(in, holes), AddressSet.of(four, except));
        } else set = AddressSet.of(in, holes);
        return new Party(
                text
                        + (except.isEmpty()
                                ? ""
                                : " without " + shown(except.getFirst())
                                        + (except.size() > 1 ? " and " + (except.size() - 1) + " more" : "")),
                set);
    }

    /** A text or an array of texts. */
    private @Nullable List<Ipv6Prefix> prefixes(Fields fields, String key) {
        List<JsonText> texts;
        if (fields.get(key) instanceof JsonText one) texts = List.of(one);
        else texts = fields.texts(key);
        if (texts.size() > MAX_CIDRS) {
            problems.error(Code.JSON_010, fields.spot(key), Quoted.of(key) + " has more than " + MAX_CIDRS + " items");
            return null;
        }
        List<Ipv6Prefix> prefixes = new ArrayList<>();
        for (JsonText text : texts) {
            try {
                AddressRange range = AddressRange.parse(text.text());
                boolean four = range.base().getAddress().length == 4;
                prefixes.add(new Ipv6Prefix(
                        AddressSet.key(range.base()), range.length() + (four ? AddressSet.IPV4.length() : 0)));
            } catch (IllegalArgumentException e) {
                problems.error(
                        Code.JSON_010,
                        text.spot(),
                        Quoted.of(key) + ": " + Quoted.of(text.text()) + " is no range of addresses: " + e.getMessage(),
                        "such as \"fdaa:0:48c8::/48\" or \"203.0.113.0/24\"");
                return null;
            }
        }
        return prefixes;
    }

    private static String shown(Ipv6Prefix prefix) {
        return AddressSet.text(prefix);
    }

    /** An object of texts. */
    static Map<String, String> labels(Fields fields, String key, Problems problems) {
        Map<String, String> labels = new LinkedHashMap<>();
        JsonNode node = fields.get(key);
        if (node == null) return labels;
        if (!(node instanceof JsonObject object)) {
            problems.error(Code.JSON_004, node.spot(), Quoted.of(key) + " must be an object, found " + node.found());
            return labels;
        }
        object.members().forEach((name, member) -> {
            JsonText text = Fields.asText("the label " + Quoted.of(name), member.value(), problems);
            if (text != null) labels.put(name, text.text());
        });
        return labels;
    }
}
