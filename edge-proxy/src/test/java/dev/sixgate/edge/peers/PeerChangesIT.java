package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a peer may do to us: be the first to speak, be killed, come back, move, and change keys under traffic. */
class PeerChangesIT {
    private Lab lab;
    private StockNode node;
    private EdgeProcess edge;

    @BeforeAll
    static void peers() {
        RealPeers.require(
                "wireguard-go", "wg:wireguard-tools", "nginx", "curl", "ip:iproute2", "setpriv:util-linux", "openssl");
    }

    @BeforeEach
    void lab() {
        lab = new Lab();
        node = new StockNode(lab);
        node.startNginx(24 << 20);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void the_edge_waits_for_a_peer_without_endpoint_and_answers_its_handshake() {
        edge = new EdgeProcess(lab, node.publicKey(), null);
        assertThat(get("%{http_code}", "/")).as("no tunnel yet").endsWith("503");
        node.peer(
                EdgeProcess.PUBLIC_KEY,
                "allowed-ips",
                EdgeProcess.MESH_ADDRESS + "/128",
                "endpoint",
                "10.98.0.1:51820",
                "persistent-keepalive",
                "5");
        Lab.await(
                "the node's handshake is answered",
                Duration.ofSeconds(20),
                () -> !node.show("latest-handshakes").trim().endsWith("\t0"));
        assertThat(get("%{http_code}", "/")).isEqualTo("hello from nginx\n200");
    }

    @Test
    void a_killed_peer_costs_requests_until_it_is_back_and_nothing_after() throws InterruptedException {
        edge = edgeThatCalls();
        assertThat(get("%{http_code}", "/")).isEqualTo("hello from nginx\n200");
        node.kill();
        assertThat(get("%{http_code}", "/")).endsWith("503");
        node.restart();
        node.peer(EdgeProcess.PUBLIC_KEY, "allowed-ips", EdgeProcess.MESH_ADDRESS + "/128");
        Lab.await(
                "traffic resumes by itself",
                Duration.ofSeconds(40),
                () -> get("%{http_code}", "/").endsWith("200"));
        assertThat(edge.terminate()).isZero();
    }

    @Test
    void a_node_that_moves_to_another_port_keeps_its_connections() {
        edge = edgeThatCalls();
        Process download = lab.start(
                Lab.CLIENT,
                lab.directory.resolve("sum"),
                "sh",
                "-c",
                "curl -sS -m 120 --limit-rate 3M http://10.99.0.2:8080/big | sha256sum");
        int port = 51821;
        while (download.isAlive() && port < 51824) {
            java.util.concurrent.locks.LockSupport.parkNanos(
                    Duration.ofSeconds(1).toNanos());
            node.listenPort(port++);
        }
        download.onExit().join();
        assertThat(port).as("moved while the transfer ran").isGreaterThan(51822);
        Path big = node.root().resolve("big");
        assertThat(Lab.read(lab.directory.resolve("sum")))
                .isEqualTo(lab.run(Lab.NODE, "sh", "-c", "sha256sum < " + big));
        assertThat(edge.command("mesh", "status")).contains("10.98.0.2:" + (port - 1));
    }

    @Test
    void a_transfer_outlives_the_sessions_it_runs_over() {
        edge = edgeThatCalls();
        // 24 MiB at 180 KiB/s: 136 s, more than REKEY_AFTER_TIME, so keys change under the transfer.
        String seconds = lab.run(
                Lab.CLIENT,
                "sh",
                "-c",
                "curl -sS -m 300 -o " + lab.directory.resolve("slow")
                        + " -w '%{time_total}' http://10.99.0.2:8080/slow");
        assertThat(Double.parseDouble(seconds)).isGreaterThan(121);
        assertThat(lab.run(Lab.CLIENT, "sh", "-c", "sha256sum < " + lab.directory.resolve("slow")))
                .isEqualTo(lab.run(
                        Lab.NODE, "sh", "-c", "sha256sum < " + node.root().resolve("big")));
        assertThat(Lab.read(lab.directory.resolve("wireguard-go.log")).split("Received handshake initiation", -1).length
                        - 1)
                .as("handshakes that wireguard-go saw")
                .isGreaterThanOrEqualTo(2);
    }

    private EdgeProcess edgeThatCalls() {
        node.peer(EdgeProcess.PUBLIC_KEY, "allowed-ips", EdgeProcess.MESH_ADDRESS + "/128");
        return new EdgeProcess(lab, node.publicKey(), "10.98.0.2:51820");
    }

    private String get(String format, String path) {
        return lab.attempt(Lab.CLIENT, "curl", "-sS", "-m", "30", "-w", format, "http://10.99.0.2:8080" + path)
                .output();
    }
}
