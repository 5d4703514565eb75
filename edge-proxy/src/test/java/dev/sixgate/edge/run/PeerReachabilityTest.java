package dev.sixgate.edge.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PeerEvent;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.WireGuard;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which backends leave and return with a peer. */
class PeerReachabilityTest {
    private final SplittableRandom random = new SplittableRandom(1);
    private final PeerConfig wide = peer("wide", "fdaa:0:48c8::/48");
    private final PeerConfig narrow = peer("narrow", "fdaa:0:48c8:7::/64");
    private final List<PeerConfig> peers = List.of(wide, narrow);
    private final PolicyBalancer balancer = new PolicyBalancer("fra", new SplittableRandom(2));
    private final PeerReachability reachability = new PeerReachability(balancer);
    private final App app =
            Snapshots.raw("app", 80, Apps.backend("b1", "fdaa:0:48c8:1::5"), Apps.backend("b2", "fdaa:0:48c8:7::5"));

    @Test
    void the_backends_behind_an_unreachable_peer_leave_and_return_with_it() {
        WireGuardPeer dead = started(peers).getFirst();
        reachability.onEvent(unreachable(dead), peers);
        assertThat(states()).containsExactly("its peer is unreachable", "working");
        reachability.onEvent(new PeerEvent.Reachable(dead, 5), peers);
        assertThat(states()).containsExactly("working", "working");
    }

    @Test
    void a_peer_is_away_while_any_identity_says_so() {
        WireGuardPeer one = started(peers).getLast();
        WireGuardPeer other = started(peers).getLast();
        reachability.onEvent(unreachable(one), peers);
        reachability.onEvent(unreachable(other), peers);
        reachability.onEvent(new PeerEvent.Reachable(one, 5), peers);
        assertThat(states()).containsExactly("working", "its peer is unreachable");
        reachability.onEvent(new PeerEvent.Reachable(other, 5), peers);
        assertThat(states()).containsExactly("working", "working");
    }

    @Test
    void a_peer_that_is_removed_or_gets_another_key_is_judged_anew() {
        reachability.onEvent(unreachable(started(peers).getLast()), peers);
        PeerConfig replaced = peer("narrow", "fdaa:0:48c8:7::/64");
        reachability.configured(peers, List.of(wide, replaced));
        assertThat(states()).containsExactly("working", "working");
    }

    @Test
    void an_unreachable_peer_takes_the_backends_of_its_new_ranges_with_it() {
        reachability.onEvent(unreachable(started(peers).getFirst()), peers);
        reachability.configured(peers, List.of(wide));
        assertThat(states()).containsExactly("its peer is unreachable", "its peer is unreachable");
    }

    private List<String> states() {
        return balancer.status(app, 0).stream()
                .map(PolicyBalancer.BackendStatus::state)
                .toList();
    }

    private static PeerEvent unreachable(WireGuardPeer peer) {
        return new PeerEvent.Unreachable(peer, 0, 3, WireGuardPeer.NEVER_HEARD, 380_000_000);
    }

    private List<WireGuardPeer> started(List<PeerConfig> configs) {
        return new WireGuard(
                        PrivateKey.generate(random),
                        configs,
                        random,
                        InstantSource.system(),
                        ByteBufAllocator.DEFAULT,
                        0)
                .peers();
    }

    private PeerConfig peer(String name, String range) {
        return new PeerConfig(
                name,
                PrivateKey.generate(random).publicKey(),
                null,
                null,
                List.of(Ipv6Prefix.parse(range)),
                Duration.ZERO);
    }
}
