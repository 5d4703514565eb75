package dev.sixgate.edge.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodePortTest {
    @ParameterizedTest
    @CsvSource({
        "8080, 8080, 127.0.0.1:8080 0:0:0:0:0:0:0:1:8080",
        "8080=127.0.0.1:3000, 8080, 127.0.0.1:3000",
        "8080=[::1]:3000, 8080, 0:0:0:0:0:0:0:1:3000",
        "80=localhost:3000, 80, 127.0.0.1:3000 0:0:0:0:0:0:0:1:3000",
        "53=192.0.2.7:5353, 53, 192.0.2.7:5353",
    })
    void a_port_names_where_its_app_may_listen(String text, int port, String candidates) {
        NodePort read = NodePort.parse(text);
        assertThat(read.port()).isEqualTo(port);
        assertThat(read.candidates())
                .extracting(address -> address.getAddress().getHostAddress() + ":" + address.getPort())
                .containsExactly(candidates.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http | \"http\" has no port number; write PORT or PORT=ADDRESS:PORT",
                "0 | port 0 is not between 1 and 65535",
                "8080=3000 | is not an address and a port",
                "8080=127.0.0.1 | is not an address and a port",
                "8080=::1:3000 | is not an address and a port",
                "8080=[127.0.0.1]:3000 | is not an IP address",
                "8080=app.internal:3000 | \"app.internal\" is not an IP address",
                "8080=127.0.0.1:99999 | port 99999 is not between 1 and 65535",
                "8080= | is not an address and a port",
            })
    void a_port_that_cannot_be_read_says_what_to_write(String text, String sentence) {
        assertThatThrownBy(() -> NodePort.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void a_node_without_a_port_or_with_the_same_one_twice_is_refused() {
        MeshConfig mesh = new MeshConfig(
                PrivateKey.generate(new SecureRandom()),
                List.of(Ipv6Prefix.parse("fdaa::2/128")),
                MeshConfig.DEFAULT_MTU,
                List.of());
        assertThatThrownBy(() -> new NodePlan(mesh, 0, List.of())).hasMessageContaining("add --port 8080");
        assertThatThrownBy(() -> new NodePlan(mesh, 0, List.of(NodePort.parse("80"), NodePort.parse("80=127.0.0.1:1"))))
                .hasMessageContaining("port 80 is named twice");
    }
}
