package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A mesh as written, in JSON or as a wg-quick file, before it is known to be sound.
 *
 * @param privateKey null: told as a problem
 * @param listenPort 0: any
 * @param identities how many share the ranges
 * @param uapi null: none
 */
record MeshDraft(
        Spot spot,
        @Nullable PrivateKey privateKey,
        List<Located<Ipv6Prefix>> own,
        int listenPort,
        Located<Integer> mtu,
        Located<Integer> identities,
        @Nullable Path uapi,
        List<Peer> peers) {

    /** A value and where it stands. */
    record Located<T>(T value, Spot spot) {}

    /**
     * @param publicKey null: told as a problem
     * @param endpoint null: none, or told as a problem
     * @param edge its role is that of an edge
     */
    record Peer(
            String name,
            String region,
            @Nullable Located<PublicKey> publicKey,
            byte @Nullable [] presharedKey,
            @Nullable Located<HostAndPort> endpoint,
            List<Located<Ipv6Prefix>> allowedIps,
            Duration keepalive,
            boolean edge) {}

    /** Whose allowed IPs hold what: the longest prefix wins, and of two equal ones the first written. */
    static final class Routes {
        /** By length, the longest first. */
        private final TreeMap<Integer, Map<Ipv6Prefix, Peer>> byLength = new TreeMap<>((a, b) -> b - a);

        Routes(List<Peer> peers) {
            for (Peer peer : peers)
                for (Located<Ipv6Prefix> prefix : peer.allowedIps())
                    byLength.computeIfAbsent(prefix.value().length(), _ -> new HashMap<>())
                            .putIfAbsent(prefix.value(), peer);
        }

        @Nullable
        Peer of(Ipv6Address address) {
            for (var entry : byLength.entrySet()) {
                Peer peer = entry.getValue().get(new Ipv6Prefix(address, entry.getKey()));
                if (peer != null) return peer;
            }
            return null;
        }

        @Nullable
        Peer exactly(Ipv6Prefix prefix) {
            return byLength.getOrDefault(prefix.length(), Map.of()).get(prefix);
        }

        /** The prefixes of others that hold {@code prefix}, the longest first. */
        List<Map.Entry<Ipv6Prefix, Peer>> covering(Ipv6Prefix prefix) {
            List<Map.Entry<Ipv6Prefix, Peer>> covering = new ArrayList<>();
            for (var entry : byLength.tailMap(prefix.length(), false).entrySet()) {
                Ipv6Prefix shorter = new Ipv6Prefix(prefix.address(), entry.getKey());
                Peer peer = entry.getValue().get(shorter);
                if (peer != null) covering.add(Map.entry(shorter, peer));
            }
            return covering;
        }
    }
}
