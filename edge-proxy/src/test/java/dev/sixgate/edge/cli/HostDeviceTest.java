package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.node.NodePlan;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.tun.TunConfig;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HostDeviceTest {
    private final MeshConfig mesh = new MeshConfig(
            PrivateKey.generate(new Random(1)),
            List.of(Ipv6Prefix.parse("fdaa:0:1::2")),
            1400,
            List.of(peer(2, "fdaa:0:2::/48", "fdaa:0:3::/48"), peer(3, "::/0")));

    @Test
    void a_name_alone_gives_the_kernel_the_address_of_the_node_and_what_the_peers_have() {
        TunConfig tun = HostDevice.parse("sg0", mesh, List.of());
        assertThat(tun.name()).isEqualTo("sg0");
        assertThat(tun.addresses()).containsExactly(Ipv6Address.parse("fdaa:0:1::2"));
        assertThat(tun.routes()).as("no default route").hasToString("[fdaa:0:2::/48, fdaa:0:3::/48]");
        assertThat(tun.mtu()).isEqualTo(1400);
        assertThat(new NodePlan(mesh, 0, List.of(), tun).ports())
                .as("none is needed")
                .isEmpty();
    }

    @Test
    void an_address_of_its_own_leaves_the_ports_to_the_node() {
        List<NodePort> ports = List.of(NodePort.parse("8080"));
        assertThat(HostDevice.parse("sg0=fdaa:0:1::3", mesh, ports).addresses())
                .containsExactly(Ipv6Address.parse("fdaa:0:1::3"));
        assertThatThrownBy(() -> HostDevice.parse("sg0", mesh, ports))
                .hasMessage("--tun gives fdaa:0:1::2 to the kernel, so port 8080 of it cannot be the node's; "
                        + "add an address, --tun sg0=ADDRESS, or leave the ports out");
    }

    @Test
    void what_names_no_interface_or_no_address_is_refused() {
        assertThatThrownBy(() -> HostDevice.parse("sg%d", mesh, List.of())).hasMessageContaining("cannot name");
        assertThatThrownBy(() -> HostDevice.parse("sg0=here", mesh, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static PeerConfig peer(int seed, String... ranges) {
        return new PeerConfig(
                "p" + seed,
                PrivateKey.generate(new Random(seed)).publicKey(),
                null,
                null,
                java.util.Arrays.stream(ranges).map(Ipv6Prefix::parse).toList(),
                Duration.ZERO);
    }
}
