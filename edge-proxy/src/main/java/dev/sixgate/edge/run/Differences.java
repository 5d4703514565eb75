package dev.sixgate.edge.run;

import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.source.DocumentStanding;
import dev.sixgate.mesh.wireguard.PeerConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** What two snapshots do not have in common, in words. */
final class Differences {
    private Differences() {}

    /** What cannot change while running, a sentence each. */
    static List<String> needingRestart(Snapshot before, Snapshot after) {
        return keysNeedingRestart(before, after).stream()
                .map(key ->
                        key + " changed, which takes a restart; until then nothing of the new configuration is used")
                .toList();
    }

    /** The keys of what cannot change while running. */
    static List<String> keysNeedingRestart(Snapshot before, Snapshot after) {
        List<String> found = new ArrayList<>();
        different(found, "edge.region", before.region(), after.region());
        different(found, "edge.state", before.stateDirectory(), after.stateDirectory());
        different(found, "admin.listen", before.adminSocket(), after.adminSocket());
        different(found, "dns", before.dns() != null, after.dns() != null);
        Snapshot.MeshSettings old = before.mesh();
        Snapshot.MeshSettings now = after.mesh();
        if (old == null || now == null) {
            different(found, "mesh", old != null, now != null);
            return found;
        }
        different(
                found,
                "mesh.private_key",
                old.config().privateKey().publicKey(),
                now.config().privateKey().publicKey());
        different(found, "mesh.listen_port", old.listenPort(), now.listenPort());
        different(found, "mesh.address", old.config().addresses(), now.config().addresses());
        different(found, "mesh.identities", old.identities(), now.identities());
        if (!Objects.equals(old.uapi(), now.uapi())) different(found, "mesh.uapi", true, false);
        different(found, "mesh.mtu", old.config().mtu(), now.config().mtu());
        return found;
    }

    private static void different(List<String> found, String key, Object before, Object after) {
        if (!before.equals(after)) found.add(key);
    }

    /** Something with a name that came, went or became another. */
    record Item(Change.Kind kind, String name) {}

    static List<Item> peers(Snapshot before, Snapshot after) {
        List<Item> found = new ArrayList<>();
        Map<String, PeerConfig> old = names(peers(before), PeerConfig::name);
        Map<String, PeerConfig> now = names(peers(after), PeerConfig::name);
        now.forEach((name, peer) -> {
            PeerConfig was = old.get(name);
            if (was == null) found.add(new Item(Change.Kind.ADDED, name));
            else if (!same(was, peer)) found.add(new Item(Change.Kind.CHANGED, name));
        });
        for (String name : old.keySet()) if (!now.containsKey(name)) found.add(new Item(Change.Kind.REMOVED, name));
        return found;
    }

    /** What took effect, a line each. */
    static List<String> changes(Snapshot before, Snapshot after) {
        List<String> found = new ArrayList<>();
        compare(found, "app", names(before.apps(), App::name), names(after.apps(), App::name), Object::equals);
        compare(
                found,
                "peer",
                names(peers(before), PeerConfig::name),
                names(peers(after), PeerConfig::name),
                Differences::same);
        if (!before.name().equals(after.name())) found.add("edge.name changed");
        if (before.maxConnectionsPerClient() != after.maxConnectionsPerClient())
            found.add("edge.max_connections_per_client changed");
        if (!before.trustedProxies().equals(after.trustedProxies())) found.add("edge.trusted_proxies changed");
        if (!before.drainTimeout().equals(after.drainTimeout())
                || !before.drainSpread().equals(after.drainSpread())) found.add("edge.drain changed");
        if (!Objects.equals(before.accessLog(), after.accessLog())) found.add("observability.access_log changed");
        if (!Objects.equals(before.metrics(), after.metrics())) found.add("observability.metrics changed");
        if (!Objects.equals(before.acme(), after.acme())) found.add("certificates.acme changed");
        if (!before.explain().equals(after.explain())) found.add("observability.explain changed");
        if (!Objects.equals(before.dns(), after.dns())) found.add("dns changed");
        compare(
                found,
                "policy",
                names(before.policies(), Policy::name),
                names(after.policies(), Policy::name),
                Object::equals);
        for (DocumentStanding document : after.documents().standings())
            if (document.problem() != null)
                found.add("! document " + document.name() + " refused, "
                        + (document.servedVersion() == null
                                ? "nothing of it is served"
                                : "version " + document.servedVersion() + " goes on")
                        + ": " + document.problem());
        return found;
    }

    private interface Same<T> {
        boolean test(T one, T other);
    }

    private static <T> void compare(
            List<String> found, String kind, Map<String, T> before, Map<String, T> after, Same<? super T> same) {
        after.forEach((name, value) -> {
            T old = before.get(name);
            if (old == null) found.add("+ " + kind + " " + name);
            else if (!same.test(old, value)) found.add("~ " + kind + " " + name);
        });
        for (String name : before.keySet()) if (!after.containsKey(name)) found.add("- " + kind + " " + name);
    }

    private static List<PeerConfig> peers(Snapshot snapshot) {
        return snapshot.mesh() == null ? List.of() : snapshot.mesh().config().peers();
    }

    private static <T> Map<String, T> names(List<T> values, Function<T, String> name) {
        Map<String, T> map = new LinkedHashMap<>();
        for (T value : values) map.put(name.apply(value), value);
        return map;
    }

    // A record compares arrays by identity, and the preshared key is one.
    private static boolean same(PeerConfig one, PeerConfig other) {
        return one.publicKey().equals(other.publicKey())
                && java.util.Arrays.equals(one.presharedKey(), other.presharedKey())
                && Objects.equals(one.endpoint(), other.endpoint())
                && one.allowedIps().equals(other.allowedIps())
                && one.keepalive().equals(other.keepalive());
    }
}
