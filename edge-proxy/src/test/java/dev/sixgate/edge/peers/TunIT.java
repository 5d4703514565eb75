package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code sixgate node --tun} with one capability gives the kernel's curl a way to a stock WireGuard peer. */
class TunIT {
    private static final String ADDRESS = "fdaa:0:48c8:a7b:228:4b6d:6e20:20";
    private static final long BYTES = 16 << 20;

    private static final PrivateKey KEY = PrivateKey.generate(new SecureRandom());
    private static Lab lab;
    private static StockNode stock;

    @BeforeAll
    static void peers() {
        RealPeers.require(
                "wireguard-go",
                "wg:wireguard-tools",
                "ip:iproute2",
                "nginx",
                "curl",
                "setpriv:util-linux",
                "sha256sum:coreutils");
        lab = new Lab();
        stock = new StockNode(lab);
        stock.startNginx(BYTES);
        stock.peer(KEY.publicKey(), "allowed-ips", ADDRESS + "/128");
    }

    @AfterAll
    static void close() {
        if (lab != null) lab.close();
    }

    @Test
    void curl_over_the_kernel_reaches_a_stock_peer_through_the_device() {
        Path log = lab.directory.resolve("tun.log");
        lab.start(Lab.EDGE, log, node("-all,+net_admin"));
        Lab.await(
                "the device is up; see " + log,
                Duration.ofSeconds(30),
                () -> Lab.read(log).contains("kernel sockets have"));
        String fetched = lab.run(
                Lab.EDGE,
                "sh",
                "-c",
                "curl -gsS --max-time 60 http://[" + StockNode.ADDRESS + "]:" + StockNode.HTTP_PORT
                        + "/big | sha256sum");
        String served =
                lab.run(Lab.NODE, "sh", "-c", "sha256sum < " + stock.root().resolve("big"));
        assertThat(fetched).isEqualTo(served);
        assertThat(stock.accessLog()).contains(ADDRESS);
    }

    @Test
    void without_the_capability_the_node_says_what_it_lacks_and_ends() {
        Lab.Result result = lab.attempt(Lab.CLIENT, node("-all"));
        assertThat(result.exit()).isOne();
        assertThat(result.output()).contains("needs CAP_NET_ADMIN").doesNotContain("Exception");
    }

    private static String[] node(String bound) {
        Path configuration =
                lab.file("tun/node.conf", """
                    [Interface]
                    PrivateKey = %s
                    Address = %s/128
                    [Peer]
                    PublicKey = %s
                    AllowedIPs = %s/128
                    Endpoint = 10.98.0.2:51820
                    """.formatted(KEY.toBase64(), ADDRESS, stock.publicKey(), StockNode.ADDRESS));
        lab.run(Lab.EDGE, "chmod", "600", configuration.toString());
        List<String> command = new ArrayList<>(List.of("setpriv", "--bounding-set=" + bound));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.sixgate.edge.cli.Main",
                "node",
                configuration.toString(),
                "--tun",
                "sgt0"));
        return command.toArray(String[]::new);
    }
}
