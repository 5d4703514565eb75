package dev.sixgate.edge.run;

import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.upstream.MeshConnector;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PeerEvent;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the balancer which peers are unreachable, so that all backends behind one leave at once and come back at once. With
 * several identities a peer is away while any of them says so: they share its path. Any thread.
 */
final class PeerReachability {
    private static final Logger LOG = LoggerFactory.getLogger(PeerReachability.class);
    private final PolicyBalancer balancer;
    private final Map<String, Set<WireGuardPeer>> away = new HashMap<>();
    private @Nullable MeshConnector connections;

    PeerReachability(PolicyBalancer balancer) {
        this.balancer = balancer;
    }

    /** Has open connections told too, from now on. */
    synchronized void tell(MeshConnector with) {
        connections = with;
    }

    private void left(String name, Predicate<Ipv6Address> routed) {
        balancer.peerUnreachable(name, routed); // first, so that what goes on elsewhere does not come back
        if (connections != null) connections.peerUnreachable(name, routed);
    }

    private void back(String name) {
        balancer.peerReachable(name);
        if (connections != null) connections.peerReachable(name);
    }

    /** @param peers all that are configured now */
    synchronized void onEvent(PeerEvent event, List<PeerConfig> peers) {
        String name = event.peer().config().name();
        switch (event) {
            case PeerEvent.Unreachable unreachable -> {
                Set<WireGuardPeer> identities = away.computeIfAbsent(name, _ -> new HashSet<>());
                if (!identities.add(unreachable.peer()) || identities.size() > 1) return;
                LOG.warn("peer {} is unreachable: {}", name, unreachable.evidence());
                left(name, routedTo(event.peer().config(), peers));
            }
            case PeerEvent.Reachable reachable -> {
                Set<WireGuardPeer> identities = away.get(name);
                if (identities == null || !identities.remove(reachable.peer()) || !identities.isEmpty()) return;
                away.remove(name);
                LOG.info("peer {} is reachable again after {} ms", name, reachable.absentNanos() / 1_000_000);
                back(name);
            }
            case PeerEvent.SessionEstablished _, PeerEvent.GaveUp _, PeerEvent.EndpointMoved _ -> {
                // None of them says whether the path works now.
            }
        }
    }

    /** After a reload: what a peer left or got is judged anew, by its next event. */
    synchronized void configured(List<PeerConfig> before, List<PeerConfig> peers) {
        Map<String, PeerConfig> known =
                before.stream().collect(Collectors.toMap(PeerConfig::name, peer -> peer, (one, _) -> one));
        Map<String, PeerConfig> now =
                peers.stream().collect(Collectors.toMap(PeerConfig::name, peer -> peer, (one, _) -> one));
        for (String name : List.copyOf(away.keySet())) {
            PeerConfig peer = now.get(name);
            PeerConfig old = known.get(name);
            boolean stays = peer != null && old != null && peer.publicKey().equals(old.publicKey());
            back(name);
            if (stays) left(name, routedTo(peer, peers));
            else away.remove(name);
        }
    }

    /** Cryptokey routing: the longest prefix decides, and of two that are equal the later. */
    private static Predicate<Ipv6Address> routedTo(PeerConfig peer, List<PeerConfig> peers) {
        List<PeerConfig> all = List.copyOf(peers);
        return address -> longest(peer, address) >= 0 && owner(address, all).equals(peer.publicKey());
    }

    private static Object owner(Ipv6Address address, List<PeerConfig> peers) {
        Object owner = "nobody";
        int best = 0;
        for (PeerConfig peer : peers) {
            int length = longest(peer, address);
            if (length < best) continue;
            best = length;
            owner = peer.publicKey();
        }
        return owner;
    }

    /** Of the prefixes that cover the address; -1: none. */
    private static int longest(PeerConfig peer, Ipv6Address address) {
        int longest = -1;
        for (Ipv6Prefix prefix : peer.allowedIps())
            if (prefix.contains(address)) longest = Math.max(longest, prefix.length());
        return longest;
    }
}
