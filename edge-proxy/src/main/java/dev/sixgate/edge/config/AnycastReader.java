package dev.sixgate.edge.config;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Bfd;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.Prefix;
import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.Secrets.Secret;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code anycast}: what a site announces, and to whom. */
final class AnycastReader {
    private static final int MAX_NEIGHBORS = 64;
    private static final Duration HOUR = Duration.ofHours(1);

    private final Scope scope;
    private final Problems problems;

    AnycastReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /**
     * Null: absent, or told as a problem.
     *
     * @param apps how many there are
     */
    @Nullable
    AnycastSettings read(
            Fields top,
            String site,
            List<InetAddress> edgeAddresses,
            int apps,
            @Nullable MeshSettings mesh,
            Path stateDirectory) {
        Fields fields = top.object("anycast", KeyCatalogue.ANYCAST).orElse(null);
        if (fields == null) return null;
        boolean whole = fields.require("announce", "\"announce\": [\"203.0.113.0/24\", \"2001:db8:10::/48\"]")
                & fields.require("local_as", "\"local_as\": 64512")
                & fields.require(
                        "neighbors", "\"neighbors\": [ { \"address\": \"192.0.2.1\", \"remote_as\": 64500 } ]");
        List<Prefix> announce = announce(fields);
        covered(fields, announce, edgeAddresses);
        long localAs = as(fields, "local_as");
        List<Neighbor> neighbors = neighbors(fields, announce, edgeAddresses);
        InetAddress routerId = routerId(fields, edgeAddresses);
        Fields prepend =
                fields.object("prepend_when", KeyCatalogue.PREPEND_WHEN).orElse(null);
        int times = prepend == null ? 2 : prepend.whole("times", 2, 1, 10);
        boolean atSoftLimit = prepend != null && prepend.flag("soft_limit_reached");
        AnycastPlan plan = whole && localAs > 0 && routerId != null && !announce.isEmpty()
                ? new AnycastPlan(site, localAs, routerId, announce, neighbors, times)
                : null;
        return new AnnouncerReader(scope, fields, atSoftLimit)
                .read(plan, site, edgeAddresses, apps, mesh, stateDirectory);
    }

    private List<Prefix> announce(Fields fields) {
        List<Prefix> prefixes = new ArrayList<>();
        for (JsonText item : fields.texts("announce")) {
            int slash = item.text().indexOf('/');
            InetAddress address =
                    slash < 0 ? null : Addresses.literal(item.text().substring(0, slash));
            String length = item.text().substring(slash + 1);
            Prefix prefix = null;
            try {
                if (address != null && length.matches("[0-9]{1,3}"))
                    prefix = new Prefix(address, Integer.parseInt(length));
            } catch (IllegalArgumentException e) {
                // Told below.
            }
            if (prefix == null)
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(item.text()) + " is no prefix",
                        "such as \"203.0.113.0/24\" or \"2001:db8:10::/48\", without bits behind its length");
            else if (prefixes.contains(prefix))
                problems.error(Code.JSON_011, item.spot(), Quoted.of(item.text()) + " appears twice", "remove one");
            else {
                prefixes.add(prefix);
                if (prefix.length() > prefix.longestAccepted())
                    problems.warning(
                            Code.BGP_001,
                            item.spot(),
                            "announcing " + prefix + ": most networks drop prefixes longer than /"
                                    + prefix.longestAccepted(),
                            "announce the covering /" + prefix.longestAccepted()
                                    + ", unless this stays inside your network");
            }
        }
        return prefixes;
    }

    private void covered(Fields fields, List<Prefix> announce, List<InetAddress> edgeAddresses) {
        if (announce.isEmpty()) return;
        for (Prefix prefix : announce)
            if (!edgeAddresses.isEmpty() && edgeAddresses.stream().noneMatch(prefix::contains))
                problems.warning(
                        Code.BGP_001,
                        fields.spot("announce"),
                        "no edge address is in the announced prefix " + prefix + ", so that nobody answers there",
                        "add one to edge.addresses, or remove the prefix");
    }

    /** 0, with a problem told, when it is none. */
    private long as(Fields fields, String key) {
        JsonNode node = fields.get(key);
        if (node == null) return 0;
        long value = node instanceof JsonLiteral literal && literal.literal().matches("[0-9]{1,10}")
                ? Long.parseLong(literal.literal())
                : 0;
        if (value > 0 && value < 0xffff_ffffL && value != 23456) return value;
        problems.error(
                Code.JSON_010,
                node.spot(),
                Quoted.of(key)
                        + " is no AS number: one is from 1 to 4294967294, and 23456 stands for others (RFC 6793)",
                "64512 to 65534 are for private use");
        return 0;
    }

    private @Nullable InetAddress routerId(Fields fields, List<InetAddress> edgeAddresses) {
        JsonText text = fields.textNode("router_id");
        if (text != null) {
            if (Addresses.literal(text.text()) instanceof Inet4Address four) return four;
            problems.error(
                    Code.JSON_010,
                    text.spot(),
                    "\"router_id\": " + Quoted.of(text.text()) + " is not written as an IPv4 address",
                    "\"192.0.2.10\", say; unique in your AS");
            return null;
        }
        for (InetAddress address : edgeAddresses) if (address instanceof Inet4Address) return address;
        problems.error(
                Code.JSON_009,
                fields.object().spot(),
                "the key \"router_id\" is missing here, and edge.addresses has no IPv4 address to take",
                "\"router_id\": \"192.0.2.10\", unique in your AS");
        return null;
    }

    private List<Neighbor> neighbors(Fields fields, List<Prefix> announce, List<InetAddress> edgeAddresses) {
        List<Neighbor> neighbors = new ArrayList<>();
        List<JsonNode> items = fields.array("neighbors");
        if (items.size() > MAX_NEIGHBORS)
            problems.error(
                    Code.JSON_010, fields.spot("neighbors"), "more than " + MAX_NEIGHBORS + " neighbors are listed");
        for (JsonNode item : items)
            Fields.of(item, "a neighbor", KeyCatalogue.NEIGHBOR, problems).ifPresent(each -> {
                Neighbor neighbor = neighbor(each, announce, edgeAddresses);
                if (neighbor != null) neighbors.add(neighbor);
            });
        return neighbors;
    }

    private @Nullable Neighbor neighbor(Fields fields, List<Prefix> announce, List<InetAddress> edgeAddresses) {
        fields.require("address", "\"address\": \"192.0.2.1\"");
        fields.require("remote_as", "\"remote_as\": 64500");
        JsonText at = fields.textNode("address");
        InetAddress address = at == null ? null : new Addresses(problems).address(at, "\"address\"");
        long remoteAs = as(fields, "remote_as");
        JsonText from = fields.textNode("local_address");
        InetAddress local = from == null ? null : new Addresses(problems).address(from, "\"local_address\"");
        Secret password = fields.has("password") ? new Secrets(scope).read(fields, "password", "write it to %s") : null;
        if (password != null && !password.text().matches("[!#-\\[\\]-~]{1,80}"))
            problems.error(
                    Code.JSON_010,
                    fields.spot("password"),
                    "the password is not 1 to 80 visible characters without quotes and backslashes, which routers'"
                            + " files cannot hold",
                    "make another");
        Long med = fields.has("med") ? (Long) (long) fields.whole("med", 0, 0, Integer.MAX_VALUE) : null;
        int prepend = fields.whole("prepend", 0, 0, 10);
        int maxPrefix = fields.whole("max_prefix", 0, 1, 10_000);
        Set<Family> families = EnumSet.noneOf(Family.class);
        if (address != null) families.add(Family.of(address));
        if (fields.flag("multiprotocol")) families.addAll(EnumSet.allOf(Family.class));
        List<Community> communities = communities(fields);
        Bfd bfd = bfd(fields);
        if (address == null || remoteAs == 0) return null;
        if (!announce.isEmpty() && announce.stream().noneMatch(each -> families.contains(Family.of(each.address()))))
            problems.error(
                    Code.BGP_002,
                    fields.spot("address"),
                    "neighbor " + Quoted.bare(String.valueOf(at == null ? "" : at.text())) + " is "
                            + (address instanceof Inet4Address ? "IPv4" : "IPv6") + " but announces "
                            + announce.getFirst() + " only",
                    "\"multiprotocol\": true, or peer over the other family");
        return new Neighbor(
                address,
                local != null ? local : AnnouncerReader.own(Family.of(address), announce, edgeAddresses),
                remoteAs,
                password == null ? null : password.text(),
                bfd,
                med,
                communities,
                prepend,
                maxPrefix,
                families,
                fields.whole("port", Neighbor.BGP_PORT, 1, 65535),
                fields.has("hold_time")
                        ? (int) fields.duration("hold_time", Duration.ofSeconds(9), Duration.ofSeconds(3), HOUR)
                                .toSeconds()
                        : 0);
    }

    private List<Community> communities(Fields fields) {
        List<Community> communities = new ArrayList<>();
        for (JsonText item : fields.texts("communities")) {
            String[] halves = item.text().split(":", -1);
            boolean good = halves.length == 2 && half(halves[0]) >= 0 && half(halves[1]) >= 0;
            if (good) communities.add(new Community(half(halves[0]), half(halves[1])));
            else
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(item.text()) + " is no community",
                        "two numbers up to 65535, such as \"64500:100\"");
        }
        return communities;
    }

    private static int half(String text) {
        if (!text.matches("[0-9]{1,5}")) return -1;
        int value = Integer.parseInt(text);
        return value <= 0xffff ? value : -1;
    }

    private @Nullable Bfd bfd(Fields fields) {
        if (fields.get("bfd") instanceof JsonLiteral) return fields.flag("bfd") ? new Bfd(100, 3) : null;
        Fields bfd = fields.object("bfd", KeyCatalogue.BFD).orElse(null);
        if (bfd == null) return null;
        return new Bfd(
                (int) bfd.duration("interval", Duration.ofMillis(100), Duration.ofMillis(10), Duration.ofSeconds(60))
                        .toMillis(),
                bfd.whole("multiplier", 3, 1, 255));
    }
}
