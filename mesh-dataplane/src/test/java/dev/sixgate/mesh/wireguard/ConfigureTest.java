package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Peers that come, change and go while the device runs. */
class ConfigureTest {
    private final LinkedDevices devices = new LinkedDevices().connected();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void a_removed_peer_is_unknown_at_once() {
        WireGuardPeer peer = devices.node.peer();
        devices.edge.send(devices.packetToNode(40));
        Datagram underWay = devices.wire.poll();
        devices.node.wireGuard.configure(List.of(), devices.now);
        devices.node.receive(underWay);
        assertThat(devices.node.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
        assertThat(peer.readyToSend(devices.now)).isFalse();
        assertThat(devices.node.wireGuard.pollWork()).isNull();
        assertThat(devices.node.wireGuard.peers()).isEmpty();
        assertThat(devices.node.wireGuard.nextTimeout()).isEqualTo(WireGuard.NEVER);
        assertThat(route(devices.node, "fdaa:0:1::1")).isNull();
    }

    @Test
    void a_peer_that_stays_keeps_its_session() {
        WireGuardPeer peer = devices.node.peer();
        PeerConfig other = LinkedDevices.peer(
                "other", PrivateKey.generate(devices.random), null, null, Duration.ZERO, "fdaa:0:3::/48");
        devices.node.wireGuard.configure(List.of(other, peer.config()), devices.now);
        assertThat(devices.node.wireGuard.peers()).hasSize(2).last().isSameAs(peer);
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.received).hasSize(1);
    }

    @Test
    void a_peer_that_comes_back_is_heard_though_its_clock_did_not_move() {
        PeerConfig config = devices.node.peer().config();
        devices.node.wireGuard.configure(List.of(), devices.now);
        devices.node.wireGuard.configure(List.of(config), devices.now);
        devices.run(Duration.ofSeconds(200));
        devices.connected();
    }

    @Test
    void a_new_preshared_key_counts_from_the_next_handshake() {
        PeerConfig toNode = devices.edge.peer().config();
        PeerConfig toEdge = devices.node.peer().config();
        byte[] psk = LinkedDevices.PRESHARED_KEY;
        devices.edge.wireGuard.configure(List.of(withPresharedKey(toNode, psk)), devices.now);
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.received).as("under the session that is").hasSize(1);

        devices.run(Duration.ofSeconds(200));
        devices.edge.send(devices.packetToNode(40));
        devices.run(Duration.ofSeconds(4));
        assertThat(devices.edge.peer().readyToSend(devices.now))
                .as("one side has it")
                .isFalse();

        devices.node.wireGuard.configure(List.of(withPresharedKey(toEdge, psk)), devices.now);
        devices.run(Duration.ofSeconds(6));
        assertThat(devices.edge.peer().readyToSend(devices.now))
                .as("both have it")
                .isTrue();
    }

    @Test
    void allowed_ips_move_from_one_peer_to_another() {
        PeerConfig config = devices.node.peer().config();
        PrivateKey key = PrivateKey.generate(devices.random);
        PeerConfig taker = LinkedDevices.peer("taker", key, null, null, Duration.ZERO, "fdaa:0:1::/48");
        devices.node.wireGuard.configure(List.of(config, taker), devices.now);
        assertThat(route(devices.node, "fdaa:0:1::1")).hasToString("WireGuardPeer[taker]");
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.dropped(DropReason.SOURCE_NOT_ALLOWED)).isEqualTo(1);
    }

    @Test
    void keepalives_begin_and_end_while_running() {
        PeerConfig config = devices.edge.peer().config();
        PeerConfig with = withKeepalive(config, Duration.ofSeconds(10));
        long before = devices.seen.stream().filter(Datagram::isKeepalive).count();
        devices.edge.wireGuard.configure(List.of(with), devices.now);
        devices.edge.flush();
        devices.run(Duration.ofSeconds(35));
        assertThat(devices.seen.stream().filter(Datagram::isKeepalive).count() - before)
                .isEqualTo(4);
        devices.edge.wireGuard.configure(List.of(config), devices.now);
        devices.run(Duration.ofSeconds(100));
        assertThat(devices.seen.stream().filter(Datagram::isKeepalive).count() - before)
                .isEqualTo(4);
    }

    @Test
    void what_cannot_be_is_refused_in_a_sentence_and_changes_nothing() {
        PeerConfig config = devices.edge.peer().config();
        PeerConfig twice = withName(config, "twice");
        PeerConfig self = LinkedDevices.peer("self", devices.edge.key, null, null, Duration.ZERO, "fdaa::/16");
        PeerConfig lost = withEndpoint(config, InetSocketAddress.createUnresolved("node.example", 51820));
        assertThatThrownBy(() -> devices.edge.wireGuard.configure(List.of(config, twice), devices.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("peers node and twice have the same public key");
        assertThatThrownBy(() -> devices.edge.wireGuard.configure(List.of(self), devices.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("peer self has our own public key");
        assertThatThrownBy(() -> devices.edge.wireGuard.configure(List.of(lost), devices.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("endpoint node.example was not resolved");
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
        assertThat(route(devices.edge, "fdaa:0:2::1")).isSameAs(devices.edge.peer());
    }

    @Test
    void a_hundred_peers_are_routed_each_to_its_own() {
        List<PrivateKey> keys = java.util.stream.Stream.generate(() -> PrivateKey.generate(devices.random))
                .limit(100)
                .toList();
        List<PeerConfig> configs = java.util.stream.IntStream.range(0, keys.size())
                .mapToObj(i -> LinkedDevices.peer(
                        "p" + i,
                        keys.get(i),
                        null,
                        null,
                        Duration.ZERO,
                        "fdaa:0:" + Integer.toHexString(i + 16) + "::/48"))
                .toList();
        devices.node.wireGuard.configure(configs, devices.now);
        for (int i = 0; i < keys.size(); i++)
            assertThat(route(devices.node, "fdaa:0:" + Integer.toHexString(i + 16) + "::9"))
                    .hasToString("WireGuardPeer[p" + i + "]");
    }

    static PeerConfig withEndpoint(PeerConfig c, @Nullable InetSocketAddress endpoint) {
        return new PeerConfig(c.name(), c.publicKey(), c.presharedKey(), endpoint, c.allowedIps(), c.keepalive());
    }

    private static PeerConfig withPresharedKey(PeerConfig c, byte[] psk) {
        return new PeerConfig(c.name(), c.publicKey(), psk, c.endpoint(), c.allowedIps(), c.keepalive());
    }

    private static PeerConfig withKeepalive(PeerConfig c, Duration keepalive) {
        return new PeerConfig(c.name(), c.publicKey(), c.presharedKey(), c.endpoint(), c.allowedIps(), keepalive);
    }

    private static PeerConfig withName(PeerConfig c, String name) {
        List<Ipv6Prefix> prefixes = c.allowedIps();
        return new PeerConfig(name, c.publicKey(), c.presharedKey(), c.endpoint(), prefixes, c.keepalive());
    }

    private static @Nullable WireGuardPeer route(LinkedDevices.Node node, String text) {
        Ipv6Address address = Ipv6Address.parse(text);
        return node.wireGuard.route(address.high(), address.low());
    }
}
