package dev.sixgate.edge.config;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.Prefix;
import dev.sixgate.anycast.site.SiteSettings;
import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.anycast.AnycastSettings.Site;
import dev.sixgate.edge.anycast.AnycastSettings.Speaker;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Of {@code anycast}: who tells routers, when, and which other sites there are. */
final class AnnouncerReader {
    private static final int MAX_SITES = 256;
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final List<String> SPEAKERS = List.of("embedded", "bird", "none");
    private static final List<String> LATER = List.of("frr", "exabgp", "gobgp");

    private final Scope scope;
    private final Problems problems;
    private final Fields fields;
    private final boolean prependsAtSoftLimit;

    AnnouncerReader(Scope scope, Fields anycast, boolean prependsAtSoftLimit) {
        this.prependsAtSoftLimit = prependsAtSoftLimit;
        this.scope = scope;
        problems = scope.problems();
        fields = anycast;
    }

    /**
     * @param plan null: told as a problem
     * @param mesh null: there is none
     * @param stateDirectory where files of ours are
     */
    @Nullable
    AnycastSettings read(
            @Nullable AnycastPlan plan,
            String site,
            List<InetAddress> edgeAddresses,
            int apps,
            @Nullable MeshSettings mesh,
            Path stateDirectory) {
        Speaker speaker = speaker(stateDirectory);
        List<Site> sites = sites(mesh);
        SiteSettings rules = rules(site, sites, apps);
        if (plan == null || speaker == null) return null;
        AnycastSettings settings = new AnycastSettings(
                plan,
                rules,
                speaker,
                (Inet4Address) own(Family.IPV4, plan.announce(), edgeAddresses),
                (Inet6Address) own(Family.IPV6, plan.announce(), edgeAddresses),
                sites);
        promises(settings);
        return settings;
    }

    private @Nullable Speaker speaker(Path stateDirectory) {
        JsonNode node = fields.get("backend");
        if (node == null) return new Speaker.Embedded();
        if (node instanceof JsonText text) {
            String word = fields.asWord("\"backend\"", text, SPEAKERS, LATER);
            return word == null ? null : speaker(word, null, stateDirectory);
        }
        Fields object = fields.object("backend", KeyCatalogue.ANYCAST_BACKEND).orElse(null);
        if (object == null || !object.require("type", "\"type\": \"bird\"")) return null;
        String word = object.word("type", SPEAKERS, LATER);
        return word == null ? null : speaker(word, object, stateDirectory);
    }

    private @Nullable Speaker speaker(String word, @Nullable Fields more, Path stateDirectory) {
        if (!word.equals("bird")) return word.equals("none") ? new Speaker.None() : new Speaker.Embedded();
        Path control = path(more, "control", Path.of("/run/bird/bird.ctl"));
        Path file = path(more, "file", stateDirectory.resolve("bird.conf"));
        return control == null || file == null ? null : new Speaker.Bird(control, file);
    }

    private @Nullable Path path(@Nullable Fields from, String key, Path absent) {
        JsonText text = from == null ? null : from.textNode(key);
        return text == null ? absent : scope.path(text.text(), text.spot());
    }

    private List<Site> sites(@Nullable MeshSettings mesh) {
        List<Site> sites = new ArrayList<>();
        List<JsonNode> items = fields.array("sites");
        if (items.size() > MAX_SITES)
            problems.error(Code.JSON_010, fields.spot("sites"), "more than " + MAX_SITES + " sites are listed");
        if (!items.isEmpty() && mesh == null)
            problems.error(
                    Code.JSON_009,
                    fields.spot("sites"),
                    "the key \"mesh\" is missing in this file, and sites hear of each other inside the mesh",
                    "\"mesh\": { \"wg_quick\": \"mesh.conf\" }");
        for (JsonNode item : items)
            Fields.of(item, "a site", KeyCatalogue.SITE, problems).ifPresent(each -> {
                Site site = site(each, mesh);
                if (site == null) return;
                if (sites.stream()
                        .anyMatch(other -> other.name().equals(site.name())
                                || other.address().equals(site.address())))
                    problems.error(
                            Code.JSON_011,
                            each.object().spot(),
                            "site " + site.name() + " appears twice",
                            "remove one");
                else sites.add(site);
            });
        return sites;
    }

    private @Nullable Site site(Fields each, @Nullable MeshSettings mesh) {
        each.require("name", "\"name\": \"ams1\"");
        each.require("address", "\"address\": \"fdaa:0:48c8:100::2\", which that edge has in the mesh");
        String name = each.name("name");
        JsonText at = each.textNode("address");
        InetAddress address = at == null ? null : new Addresses(problems).address(at, "\"address\"");
        if (address == null || name == null) return null;
        if (!(address instanceof Inet6Address six)) {
            problems.error(
                    Code.JSON_010,
                    each.spot("address"),
                    "the address of a site is the one it has in the mesh, which is IPv6",
                    "mesh.address of that edge");
            return null;
        }
        if (mesh != null
                && mesh.config().peers().stream()
                        .flatMap(peer -> peer.allowedIps().stream())
                        .noneMatch(range -> range.contains(Ipv6Address.of(six))))
            problems.error(
                    Code.BGP_004,
                    each.spot("address"),
                    "site " + name + " is behind no peer of the mesh, so that nothing is ever heard of it",
                    "add its address to the allowed_ips of its peer");
        return new Site(name, six);
    }

    private SiteSettings rules(String site, List<Site> sites, int apps) {
        return new SiteSettings(
                site,
                withdraw(apps),
                fields.duration("return_after", Duration.ofSeconds(10), Duration.ZERO, HOUR),
                prependsAtSoftLimit,
                fields.duration("drain_wait", Duration.ofSeconds(90), Duration.ZERO, HOUR),
                sites.stream().map(Site::name).toList());
    }

    private SiteSettings.@Nullable Withdraw withdraw(int apps) {
        Fields withdraw =
                fields.object("withdraw_when", KeyCatalogue.WITHDRAW_WHEN).orElse(null);
        if (withdraw == null) return null;
        withdraw.require("healthy_apps_below", "\"healthy_apps_below\": 1");
        Duration after = withdraw.duration("for", Duration.ofSeconds(3), MILLISECOND, HOUR);
        int below = withdraw.whole("healthy_apps_below", 1, 0, 1_000_000);
        if (below == 0)
            problems.error(
                    Code.BGP_003,
                    withdraw.spot("healthy_apps_below"),
                    "withdraw_when can never be true: healthy_apps_below 0",
                    "1: withdraw when no app can be served");
        else if (below > apps && apps > 0)
            problems.error(
                    Code.BGP_003,
                    withdraw.spot("healthy_apps_below"),
                    "withdraw_when is always true: healthy_apps_below " + below + ", and there are " + apps + " apps",
                    "at most " + apps);
        return new SiteSettings.Withdraw(below, after, withdraw.flag("alone"));
    }

    /** An address of this edge that stays when the anycast ones move; null: none is known. */
    static @Nullable InetAddress own(Family family, List<Prefix> announce, List<InetAddress> edgeAddresses) {
        for (InetAddress each : edgeAddresses)
            if (Family.of(each) == family && announce.stream().noneMatch(prefix -> prefix.contains(each))) return each;
        return null;
    }

    /** What stands in the file and would not come true. */
    private void promises(AnycastSettings settings) {
        SiteSettings.Withdraw withdraw = settings.rules().withdraw();
        boolean none = settings.speaker() instanceof Speaker.None;
        if (withdraw != null && !withdraw.alone() && settings.sites().isEmpty() && !none)
            problems.warning(
                    Code.BGP_004,
                    fields.spot("withdraw_when"),
                    "this edge never withdraws by itself: it knows of no other site, and the last one stays",
                    "list \"sites\", or say \"alone\": true where others announce the same");
        if (settings.speaker() instanceof Speaker.Bird)
            problems.warning(
                    Code.BGP_004,
                    fields.spot("backend"),
                    "BIRD goes on announcing when this process is killed, for nobody tells it",
                    "\"backend\": \"embedded\", where the routes end with the process");
        if (settings.speaker() instanceof Speaker.Embedded)
            for (int i = 0; i < settings.plan().neighbors().size(); i++)
                embedded(settings, settings.plan().neighbors().get(i));
    }

    private void embedded(AnycastSettings settings, Neighbor neighbor) {
        String name = neighbor.address().getHostAddress();
        if (neighbor.bfd() != null)
            problems.warning(
                    Code.BGP_004,
                    fields.spot("neighbors"),
                    "the embedded speaker has no BFD: silence of neighbor " + name + " is noticed by the hold time",
                    "\"backend\": \"bird\" where a silent loss has to be noticed within a second");
        if (neighbor.maxPrefix() > 0 && settings.plan().announceTo(neighbor).size() > neighbor.maxPrefix())
            problems.error(
                    Code.BGP_005,
                    fields.spot("neighbors"),
                    "neighbor " + name + " is to be told at most " + neighbor.maxPrefix() + " prefixes, and there are "
                            + settings.plan().announceTo(neighbor).size(),
                    "raise max_prefix, or announce less");
        Family other = Family.of(neighbor.address()) == Family.IPV4 ? Family.IPV6 : Family.IPV4;
        boolean told =
                settings.plan().announceTo(neighbor).stream().anyMatch(prefix -> Family.of(prefix.address()) == other);
        if (told && (other == Family.IPV4 ? settings.nextHopIpv4() : settings.nextHopIpv6()) == null)
            problems.error(
                    Code.BGP_005,
                    fields.spot("neighbors"),
                    "neighbor " + name + " would be told " + (other == Family.IPV4 ? "IPv4" : "IPv6")
                            + " prefixes without a next hop: edge.addresses has no such address outside of them",
                    "add one to edge.addresses, or peer over that family too");
    }
}
