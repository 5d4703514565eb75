package dev.sixgate.mesh.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UapiConversationTest {
    private static final int PORT = 51820;
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    private final PrivateKey key = PrivateKey.generate(new Random(1));
    private final PrivateKey first = PrivateKey.generate(new Random(2));
    private final Mesh mesh = new Mesh(
            new MeshConfig(
                    key,
                    List.of(Ipv6Prefix.parse("fdaa::1/128")),
                    1420,
                    List.of(new PeerConfig(
                            "node",
                            first.publicKey(),
                            null,
                            new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 7),
                            List.of(Ipv6Prefix.parse("fdaa:2::/80")),
                            Duration.ofSeconds(25)))),
            new Random(3),
            () -> NOON,
            UnpooledByteBufAllocator.DEFAULT,
            0);
    private final UapiConversation conversation = new UapiConversation(mesh, key, PORT);

    @Test
    void get_shows_the_device_and_its_peers() {
        assertThat(say("get=1"))
                .isEqualTo("private_key=" + hex(key.toBytes()) + "\nlisten_port=51820\npublic_key="
                        + hex(first.publicKey().toBytes())
                        + "\nendpoint=[2001:db8:0:0:0:0:0:1]:7\ntx_bytes=0\nrx_bytes=0\n"
                        + "persistent_keepalive_interval=25\nallowed_ip=fdaa:2::/80\nprotocol_version=1\nerrno=0\n\n");
    }

    @Test
    void a_peer_is_added_with_everything_and_named_by_its_key() {
        assertThat(say(
                        "set=1",
                        "public_key=" + ONE,
                        "preshared_key=" + TWO,
                        "endpoint=192.0.2.1:51820",
                        "persistent_keepalive_interval=5",
                        "replace_allowed_ips=true",
                        "allowed_ip=fdaa:1::/64",
                        "allowed_ip=10.0.0.0/8",
                        "allowed_ip=fdaa:1:1::2/128",
                        "protocol_version=1"))
                .isEqualTo("errno=0\n\n");
        PeerConfig added = peers().get(1);
        assertThat(added.name()).isEqualTo(added.publicKey().toString().substring(0, 8));
        assertThat(added.presharedKey()).containsOnly(0x22);
        assertThat(added.endpoint()).isEqualTo(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 51820));
        assertThat(added.keepalive()).isEqualTo(Duration.ofSeconds(5));
        assertThat(added.allowedIps()).hasToString("[fdaa:1::/64, fdaa:1:1::2/128]");
        assertThat(peers().getFirst().name()).isEqualTo("node");
    }

    @Test
    void what_is_not_said_of_a_known_peer_stays() {
        say("set=1", "public_key=" + hex(first.publicKey().toBytes()), "allowed_ip=fdaa:3::/64");
        PeerConfig node = peers().getFirst();
        assertThat(node.name()).isEqualTo("node");
        assertThat(node.keepalive()).isEqualTo(Duration.ofSeconds(25));
        assertThat(node.allowedIps()).hasToString("[fdaa:2::/80, fdaa:3::/64]");
    }

    @Test
    void an_allowed_ip_moves_to_the_peer_that_claims_it_last() {
        say("set=1", "public_key=" + ONE, "allowed_ip=fdaa:2::/80");
        assertThat(peers().getFirst().allowedIps()).isEmpty();
        assertThat(peers().get(1).allowedIps()).hasToString("[fdaa:2::/80]");
    }

    @Test
    void peers_are_removed_replaced_and_updated_only_where_they_are() {
        say("set=1", "public_key=" + ONE, "update_only=true", "allowed_ip=fdaa:9::/64");
        assertThat(peers()).hasSize(1);
        say("set=1", "public_key=" + ONE, "public_key=" + hex(first.publicKey().toBytes()), "remove=true");
        assertThat(peers())
                .singleElement()
                .satisfies(peer -> assertThat(hex(peer.publicKey().toBytes())).isEqualTo(ONE));
        say("set=1", "replace_peers=true", "public_key=" + TWO);
        assertThat(peers())
                .singleElement()
                .satisfies(peer -> assertThat(hex(peer.publicKey().toBytes())).isEqualTo(TWO));
        say("set=1", "replace_peers=true");
        assertThat(peers()).isEmpty();
    }

    @Test
    void an_all_zero_preshared_key_is_none() {
        say("set=1", "public_key=" + ONE, "preshared_key=" + TWO);
        say("set=1", "public_key=" + ONE, "preshared_key=" + "0".repeat(64));
        assertThat(peers().get(1).presharedKey()).isNull();
    }

    @Test
    void what_the_process_is_bound_to_may_be_said_again() {
        assertThat(say("set=1", "private_key=" + hex(key.toBytes()), "listen_port=51820", "fwmark=0"))
                .isEqualTo("errno=0\n\n");
    }

    @ParameterizedTest
    @CsvSource({
        "private_key=1111111111111111111111111111111111111111111111111111111111111111, 95",
        "listen_port=1, 95",
        "fwmark=7, 95",
        "listen_port=x, 22",
        "listen_port=99999999999999999999, 22",
        "replace_peers=false, 22",
        "colour=red, 71",
        "nonsense, 71",
        "public_key=12, 22",
        "public_key=zz, 22"
    })
    void a_bad_line_of_the_device_is_an_error_and_changes_nothing(String line, int errno) {
        assertThat(say("set=1", "public_key=" + ONE, "public_key=" + TWO)).isEqualTo("errno=0\n\n");
        assertThat(say("set=1", line)).isEqualTo("errno=-" + errno + "\n\n");
        assertThat(peers()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "preshared_key=1, 22",
        "endpoint=192.0.2.1, 22",
        "endpoint=[::1]:0, 22",
        "endpoint=name.example:5, 22",
        "persistent_keepalive_interval=65536, 22",
        "allowed_ip=fdaa::/129, 22",
        "allowed_ip=:, 22",
        "update_only=false, 22",
        "protocol_version=2, 95",
        "listen_port=51820, 71"
    })
    void a_bad_line_of_a_peer_is_an_error_and_changes_nothing(String line, int errno) {
        assertThat(say("set=1", "replace_peers=true", "public_key=" + ONE, line))
                .isEqualTo("errno=-" + errno + "\n\n");
        assertThat(peers()).extracting(PeerConfig::name).containsExactly("node");
    }

    @Test
    void a_request_must_begin_with_what_it_wants_and_the_next_one_is_heard() {
        assertThat(say("public_key=" + ONE)).isEqualTo("errno=-71\n\n");
        assertThat(say("set=1", "public_key=" + hex(key.publicKey().toBytes()))).isEqualTo("errno=-22\n\n");
        assertThat(conversation.line("", NOON, 0)).isNull();
        assertThat(say("set=1")).isEqualTo("errno=0\n\n");
    }

    @Test
    void a_request_without_end_is_bounded() {
        conversation.line("set=1", NOON, 0);
        for (int i = 0; i <= UapiConversation.MAX_LINES; i++) conversation.line("replace_peers=true", NOON, 0);
        assertThat(conversation.line("", NOON, 0)).isEqualTo("errno=-71\n\n");
        assertThat(peers()).hasSize(1);
    }

    private String say(String... lines) {
        for (String line : lines) assertThat(conversation.line(line, NOON, 0)).isNull();
        return conversation.line("", NOON, 0);
    }

    private List<PeerConfig> peers() {
        return mesh.wireGuard().peers().stream().map(WireGuardPeer::config).toList();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
