package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.config.MeshDraft.Peer;
import dev.sixgate.edge.config.MeshDraft.Routes;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the parts of a mesh mean together, whichever file they came from; then the mesh itself. */
final class MeshChecks {
    private static final int LEAST_MTU = 1280;

    private final MeshDraft draft;
    private final Routes routes;
    private final Problems problems;

    MeshChecks(MeshDraft draft, Routes routes, Problems problems) {
        this.draft = draft;
        this.routes = routes;
        this.problems = problems;
    }

    /** Null when the mesh is not sound. */
    @Nullable
    MeshSettings settings(Surroundings surroundings) {
        int mtu = draft.mtu().value();
        if (mtu < LEAST_MTU)
            problems.error(
                    Code.MESH_009,
                    draft.mtu().spot(),
                    "mtu " + mtu + " is under " + LEAST_MTU + ", the IPv6 minimum; inner packets would be dropped",
                    MeshConfig.DEFAULT_MTU + " fits most paths");
        keys();
        identities();
        allowedIps();
        Map<String, InetAddress> resolved = resolve(surroundings);
        if (problems.hasErrors() || draft.privateKey() == null) return null;
        List<PeerConfig> peers = new ArrayList<>();
        for (Peer peer : draft.peers()) {
            Located<PublicKey> key = peer.publicKey();
            if (key == null) return null;
            peers.add(new PeerConfig(
                    peer.name(),
                    key.value(),
                    peer.presharedKey(),
                    endpoint(peer, resolved),
                    peer.allowedIps().stream().map(Located::value).toList(),
                    peer.keepalive()));
        }
        List<Ipv6Prefix> own = draft.own().stream().map(Located::value).toList();
        return new MeshSettings(
                new MeshConfig(draft.privateKey(), own, mtu, peers),
                draft.listenPort(),
                draft.identities().value(),
                draft.uapi());
    }

    private void keys() {
        Map<PublicKey, String> seen = new HashMap<>();
        Set<String> names = new HashSet<>();
        PublicKey ours = draft.privateKey() == null ? null : draft.privateKey().publicKey();
        for (Peer peer : draft.peers()) {
            Located<PublicKey> key = peer.publicKey();
            if (key == null) continue;
            if (!names.add(peer.name()))
                problems.error(
                        Code.JSON_011,
                        key.spot(),
                        "two peers are called " + Quoted.of(peer.name()),
                        "give each its own name");
            byte[] bytes = key.value().toBytes();
            if ((bytes[0] & 7) == 0 && (bytes[31] & 0xc0) == 0x40)
                problems.warning(
                        Code.MESH_002,
                        key.spot(),
                        "public_key of " + Quoted.of(peer.name())
                                + " has the clamped bit pattern of a private key (1 in 16 public keys do by chance)",
                        "if it is one, rotate it now; sixgate mesh pubkey prints the right half");
            String other = seen.putIfAbsent(key.value(), peer.name());
            if (other != null)
                problems.error(
                        Code.MESH_006,
                        key.spot(),
                        Quoted.of(other) + " and " + Quoted.of(peer.name())
                                + " share a public key; WireGuard knows peers by key only",
                        "each peer has its own key pair");
            if (key.value().equals(ours))
                problems.error(
                        Code.MESH_006,
                        key.spot(),
                        Quoted.of(peer.name()) + " has this edge's own public key",
                        "give the key that the peer prints");
        }
    }

    private void identities() {
        int count = draft.identities().value();
        if (count == 1) return;
        int bits = Ipv6Prefix.partBits(count);
        for (Located<Ipv6Prefix> own : draft.own())
            if (own.value().length() + bits > 128)
                problems.error(
                        Code.MESH_015,
                        draft.identities().spot(),
                        own.value() + " is too small to be shared by " + count
                                + " identities, which need an address each",
                        "give the edge a range of its own, such as a /80");
        if (draft.listenPort() + count - 1 > 65535)
            problems.error(
                    Code.MESH_015,
                    draft.identities().spot(),
                    count + " identities take the UDP ports from listen_port " + draft.listenPort()
                            + " on, and there are not that many",
                    "a lower listen_port");
    }

    private void allowedIps() {
        Map<Ipv6Prefix, Spot> first = new HashMap<>();
        for (Peer peer : draft.peers())
            for (Located<Ipv6Prefix> allowed : peer.allowedIps()) {
                own(peer, allowed);
                Spot before = first.putIfAbsent(allowed.value(), allowed.spot());
                if (before != null) twice(peer, allowed, before);
            }
        Map<Ipv6Prefix, Nested> nested = new LinkedHashMap<>();
        for (Peer peer : draft.peers())
            for (Located<Ipv6Prefix> allowed : peer.allowedIps())
                for (var covering : routes.covering(allowed.value())) {
                    if (covering.getValue() == peer) continue;
                    nested.merge(
                            covering.getKey(),
                            new Nested(covering.getValue(), allowed.value(), peer, 1),
                            (found, _) -> new Nested(found.outer, found.inner, found.owner, found.times + 1));
                    break;
                }
        nested.forEach((prefix, found) -> problems.warning(
                Code.MESH_003,
                first.get(prefix),
                prefix + " of " + Quoted.of(found.outer.name()) + " covers " + found.inner + " of "
                        + Quoted.of(found.owner.name()) + (found.times > 1 ? " and " + (found.times - 1) + " more" : "")
                        + "; the longer prefix wins, so " + found.outer.name() + " will never see it"));
    }

    /** The first prefix that an outer one covers, and how many there are. */
    private record Nested(Peer outer, Ipv6Prefix inner, Peer owner, int times) {}

    private void own(Peer peer, Located<Ipv6Prefix> allowed) {
        for (Located<Ipv6Prefix> own : draft.own())
            if (own.value().contains(allowed.value()))
                problems.error(
                        Code.MESH_004,
                        allowed.spot(),
                        Quoted.of(peer.name()) + " claims " + allowed.value() + ", which is this edge's own range",
                        "take it out of the peer's allowed_ips");
    }

    private void twice(Peer peer, Located<Ipv6Prefix> allowed, Spot before) {
        Peer other = routes.exactly(allowed.value());
        String where = " (first at " + before.positionSeenFrom(allowed.spot()) + ")";
        if (other == null || other == peer)
            problems.warning(
                    Code.MESH_003,
                    allowed.spot(),
                    allowed.value() + " appears twice in " + Quoted.of(peer.name()) + where,
                    "remove one");
        else
            problems.error(
                    Code.MESH_003,
                    allowed.spot(),
                    allowed.value() + " of " + Quoted.of(peer.name()) + " is also in " + Quoted.of(other.name()) + where
                            + ", and the later peer would silently take it",
                    "give each peer its own prefix");
    }

    private Map<String, InetAddress> resolve(Surroundings surroundings) {
        Set<String> names = new LinkedHashSet<>();
        for (Peer peer : draft.peers())
            if (peer.endpoint() != null && peer.endpoint().value().address() == null)
                names.add(peer.endpoint().value().host());
        Map<String, InetAddress> resolved = names.isEmpty() ? Map.of() : surroundings.resolve(names);
        for (Peer peer : draft.peers()) {
            Located<HostAndPort> endpoint = peer.endpoint();
            if (endpoint == null || endpoint.value().address() != null) continue;
            if (resolved.containsKey(endpoint.value().host())) continue;
            problems.error(
                    Code.MESH_014,
                    endpoint.spot(),
                    "endpoint of " + Quoted.of(peer.name()) + ": "
                            + Quoted.bare(endpoint.value().host()) + " does not resolve to an address",
                    "write the address, or leave the endpoint out to wait for the peer");
        }
        return resolved;
    }

    private static @Nullable InetSocketAddress endpoint(Peer peer, Map<String, InetAddress> resolved) {
        Located<HostAndPort> endpoint = peer.endpoint();
        if (endpoint == null) return null;
        InetAddress address = endpoint.value().address();
        if (address == null) address = resolved.get(endpoint.value().host());
        return new InetSocketAddress(address, endpoint.value().port());
    }
}
