package dev.sixgate.edge.run;

import static dev.sixgate.edge.run.Loopback.exchange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.admin.AdminClient.Answer;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import dev.sixgate.edge.servicemap.UdpOptions;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A whole edge and a node with WireGuard between them on loopback. */
@Timeout(30)
class EdgeMeshTest {
    private static final int PORT = 9000;
    private static final String EDGE = "fdaa::10";
    private static final String NODE = "fdaa::2";

    @TempDir
    Path directory;

    private final PrivateKey edgeKey = PrivateKey.generate(new Random(1));
    private final PrivateKey nodeKey = PrivateKey.generate(new Random(2));
    private final Loopback loopback = new Loopback();
    private Snapshots snapshots;
    private EchoNode node;
    private Edge edge;

    @BeforeEach
    void startNode() throws Exception {
        PeerConfig toEdge = peer("edge", edgeKey, null, EDGE);
        node = new EchoNode(nodeKey, NODE, List.of(toEdge));
        snapshots = Snapshots.in(directory, loopback.address).apps(app(Duration.ofSeconds(5)));
    }

    @AfterEach
    void close() throws Exception {
        if (edge != null) edge.close();
        node.close();
        loopback.close();
    }

    @Test
    void an_ipv4_client_reaches_a_backend_that_has_nothing_but_a_mesh_address() throws Exception {
        edge = Edge.start(snapshots.mesh(mesh(edgeKey, nodePeer())).build());
        try (Socket client = loopback.connect(PORT)) {
            assertThat(exchange(client, "hello", 5)).isEqualTo("hello");
            byte[] much = new byte[1 << 20];
            new Random(3).nextBytes(much);
            Thread.ofVirtual().start(() -> {
                try {
                    client.getOutputStream().write(much);
                    client.shutdownOutput();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            byte[] echoed = client.getInputStream().readAllBytes();
            assertThat(echoed).hasSize(much.length);
            assertThat(Arrays.equals(echoed, much)).isTrue();
        }
        RequestRecord record = record();
        assertThat(record.reason).isNull();
        assertThat(record.peer).isEqualTo("node");
        assertThat(record.handshakeAgeNanos).isNotNegative();
        assertThat(record.innerLocal).isNotNull();
        assertThat(record.innerLocal.getAddress()).isEqualTo(InetAddress.ofLiteral(EDGE));
        assertThat(record.rttNanos).isPositive();
        assertThat(record.responseBytes).isEqualTo(5 + (1 << 20));
        assertThat(ask("/explain/" + record.id + "?format=text").body())
                .contains("tunnel      peer node, handshake ")
                .contains("inner tcp   round trip ");
    }

    @Test
    void datagrams_cross_the_mesh_both_ways_from_many_clients() throws Exception {
        edge = Edge.start(snapshots
                .apps(datagrams(EchoNode.PORT))
                .mesh(mesh(edgeKey, nodePeer()))
                .build());
        List<DatagramSocket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                DatagramSocket client = new DatagramSocket(new InetSocketAddress(loopback.address, 0));
                client.setSoTimeout(5000);
                clients.add(client);
            }
            for (int round = 0; round < 4; round++) {
                for (DatagramSocket client : clients) {
                    byte[] text = (client.getLocalPort() + "x".repeat(round * 400)).getBytes(StandardCharsets.US_ASCII);
                    client.send(new DatagramPacket(text, text.length, loopback.address, PORT));
                }
                for (DatagramSocket client : clients) {
                    DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
                    client.receive(answer);
                    assertThat(new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII))
                            .isEqualTo(client.getLocalPort() + "x".repeat(round * 400));
                    assertThat(answer.getSocketAddress()).isEqualTo(new InetSocketAddress(loopback.address, PORT));
                }
            }
        } finally {
            clients.forEach(DatagramSocket::close);
        }
    }

    @Test
    void backends_see_each_client_under_an_address_of_its_own() throws Exception {
        node.close();
        node = new EchoNode(nodeKey, NODE, List.of(peer("edge", edgeKey, null, "fdaa:0:0:1::/80")));
        Snapshot.MeshSettings wide = new Snapshot.MeshSettings(
                new MeshConfig(edgeKey, List.of(Ipv6Prefix.parse("fdaa:0:0:1::/80")), 1420, List.of(nodePeer())),
                0,
                1,
                null);
        App app = app(Duration.ofSeconds(5));
        Service plain = app.services().getFirst();
        Service embedding = new Service(
                plain.name(),
                List.of(),
                plain.internalPort(),
                plain.ports(),
                plain.backendPolicy(),
                List.of(),
                plain.backendProtocol(),
                List.of(),
                plain.requests(),
                true);
        Service datagrams = new Service(
                "play",
                List.of(),
                EchoNode.PORT,
                List.of(PortBinding.udp(PORT, ProxyProtocol.NONE, UdpOptions.DEFAULT)),
                plain.backendPolicy(),
                List.of(),
                plain.backendProtocol(),
                List.of(),
                plain.requests(),
                true);
        edge = Edge.start(snapshots
                .apps(new App("echo", app.backends(), List.of(embedding, datagrams)))
                .mesh(wide)
                .build());
        try (Socket client = loopback.connect(PORT)) {
            client.setSoTimeout(5000);
            assertThat(exchange(client, "hello", 5)).isEqualTo("hello");
        }
        RequestRecord record = record();
        assertThat(record.innerLocal.getAddress()).isEqualTo(InetAddress.ofLiteral("fdaa:0:0:1:0:7f00:1:0"));
        assertThat(edge.view().whois("fdaa:0:0:1:0:7f00:1:0").toString()).contains("127.0.0.1");
        try (DatagramSocket client = new DatagramSocket(new InetSocketAddress(loopback.address, 0))) {
            client.setSoTimeout(5000);
            client.send(new DatagramPacket(new byte[10], 10, loopback.address, PORT));
            client.receive(new DatagramPacket(new byte[10], 10));
        }
    }

    @Test
    void a_closed_udp_port_of_a_node_ends_the_session_with_its_reason() throws Exception {
        edge = Edge.start(
                snapshots.apps(datagrams(1)).mesh(mesh(edgeKey, nodePeer())).build());
        try (DatagramSocket client = new DatagramSocket(new InetSocketAddress(loopback.address, 0))) {
            client.send(new DatagramPacket(new byte[10], 10, loopback.address, PORT));
            RequestRecord record = record();
            assertThat(record.reason).isEqualTo(Reason.BACKEND_REFUSED);
            assertThat(record.protocol).isEqualTo("udp");
            assertThat(record.peer).isEqualTo("node");
        }
    }

    private static App datagrams(int internalPort) {
        return new App(
                "game",
                List.of(new Backend("node", "static", InetAddress.ofLiteral(NODE), 0, "", false, 1)),
                List.of(new Service(
                        "play",
                        List.of(),
                        internalPort,
                        List.of(PortBinding.udp(PORT, ProxyProtocol.NONE, UdpOptions.DEFAULT)))));
    }

    @Test
    void operators_see_the_peers_and_ping_through_the_tunnel() throws Exception {
        edge = Edge.start(snapshots.mesh(mesh(edgeKey, nodePeer())).build());
        Answer pong = AdminClient.post(socket(), "/mesh/ping?address=" + NODE);
        assertThat(json(pong).get("rtt_ms").asDouble()).isPositive();
        JsonNode mesh = json(ask("/mesh"));
        assertThat(mesh.get("public_key").asString())
                .isEqualTo(edgeKey.publicKey().toString());
        assertThat(mesh.get("engine").asString()).isNotEmpty();
        assertThat(mesh.get("handshake_engine").asString()).isIn("libcrypto", "bouncycastle");
        JsonNode peer = mesh.at("/peers/0");
        assertThat(peer.get("name").asString()).isEqualTo("node");
        assertThat(peer.get("latest_handshake_seconds").asDouble()).isNotNegative();
        assertThat(peer.get("received_bytes").asLong()).isPositive();
        assertThat(peer.get("endpoint").asString())
                .isEqualTo("127.0.0.1:" + node.driver.underlayAddress().getPort());
        assertThat(peer.at("/allowed_ips/0").asString()).isEqualTo(NODE + "/128");
        assertThat(mesh.get("name").asString()).isEqualTo("test");
        assertThat(mesh.at("/addresses/0").asString()).isEqualTo(EDGE + "/128");
        assertThat(mesh.at("/socket/offload_self_test").asString()).isNotEmpty();
        assertThat(mesh.at("/socket/sent_datagrams").asLong()).isPositive();
        assertThat(mesh.at("/dropped/bad_tag").asLong()).isZero();
        assertThat(mesh.at("/dropped_packets/not_our_address").asLong()).isZero();
        assertThat(ask("/metrics").body())
                .contains("sixgate_mesh_handshake_age_seconds{peer=\"node\"}")
                .contains("sixgate_mesh_dropped_datagrams_total{reason=\"bad_tag\"} 0.0")
                .contains("sixgate_mesh_peer_unreachable{peer=\"node\"} 0.0")
                .contains("sixgate_mesh_tcp_memory_limit_bytes 5.36870912E8")
                .contains("sixgate_mesh_handshake_cookies_total{result=\"sent\"} 0.0");
        assertThat(AdminClient.post(socket(), "/mesh/ping?address=10.0.0.1").status())
                .isEqualTo(400);
    }

    @Test
    void peers_change_while_running_and_connections_of_the_others_stay() throws Exception {
        // A peer takes a handshake each 50 ms, and one that came sooner is repeated after 5 s.
        snapshots = snapshots.apps(app(Duration.ofSeconds(9)));
        edge = Edge.start(snapshots.mesh(mesh(edgeKey, nodePeer())).build());
        Socket before = loopback.connect(PORT);
        assertThat(exchange(before, "1", 1)).isEqualTo("1");
        PeerConfig other = peer("other", PrivateKey.generate(new Random(9)), null, "fdaa::99");
        assertThat(edge.apply(snapshots.mesh(mesh(edgeKey, nodePeer(), other)).build())
                        .changes())
                .containsExactly("+ peer other");
        assertThat(exchange(before, "2", 1)).isEqualTo("2");
        assertThat(json(ask("/mesh")).get("peers").size()).isEqualTo(2);

        edge.apply(snapshots.mesh(mesh(edgeKey, other)).build());
        // Connecting may see the reset already.
        assertThatThrownBy(() -> loopback.connect(PORT).getInputStream().read()).hasMessageContaining("reset");
        RequestRecord record = edge.sinks().ring().failures(1).getFirst();
        assertThat(record.reason).isEqualTo(Reason.NO_TUNNEL);
        assertThat(record.closedBy).isEqualTo(Side.TUNNEL);

        edge.apply(snapshots.mesh(mesh(edgeKey, nodePeer())).build());
        assertThat(exchange(loopback.connect(PORT), "3", 1)).isEqualTo("3");
    }

    @Test
    void a_peer_that_never_answers_makes_the_tunnel_the_culprit() throws Exception {
        PeerConfig silent =
                peer("silent", PrivateKey.generate(new Random(9)), new InetSocketAddress(loopback.address, 9), NODE);
        edge = Edge.start(snapshots
                .apps(app(Duration.ofMillis(50)))
                .mesh(mesh(edgeKey, silent))
                .build());
        // Connecting may see the reset already.
        assertThatThrownBy(() -> loopback.connect(PORT).getInputStream().read()).hasMessageContaining("reset");
        RequestRecord record = record();
        assertThat(record.reason).isEqualTo(Reason.NO_TUNNEL);
        assertThat(record.detail).startsWith("peer silent has answered no handshake; [fdaa::2]:8080 after ");
    }

    @Test
    void a_changed_key_or_port_takes_a_restart_and_says_so() throws Exception {
        Snapshot snapshot = snapshots.mesh(mesh(edgeKey, nodePeer())).build();
        edge = Edge.start(snapshot);
        Snapshot other = snapshots
                .mesh(new Snapshot.MeshSettings(mesh(nodeKey, nodePeer()).config(), 1, 1, null))
                .build();
        assertThat(edge.apply(other).problems())
                .extracting(problem -> problem.substring(0, problem.indexOf(' ')))
                .containsExactly("mesh.private_key", "mesh.listen_port");
    }

    @Test
    void a_udp_port_in_use_fails_the_start_and_says_by_whom() {
        Snapshot.MeshSettings taken = new Snapshot.MeshSettings(
                mesh(edgeKey, nodePeer()).config(),
                node.driver.underlayAddress().getPort(),
                1,
                null);
        assertThatThrownBy(() -> Edge.start(snapshots.mesh(taken).build()))
                .isInstanceOf(EdgeStartException.class)
                .hasMessageStartingWith("port in use: UDP " + taken.listenPort() + " (mesh.listen_port)")
                .hasMessageContaining("pid " + ProcessHandle.current().pid());
    }

    private PeerConfig nodePeer() {
        return node.asPeer("node");
    }

    private static PeerConfig peer(String name, PrivateKey key, @Nullable InetSocketAddress endpoint, String allowed) {
        return new PeerConfig(name, key.publicKey(), null, endpoint, List.of(Ipv6Prefix.parse(allowed)), Duration.ZERO);
    }

    private static Snapshot.MeshSettings mesh(PrivateKey key, PeerConfig... peers) {
        return new Snapshot.MeshSettings(
                new MeshConfig(key, List.of(Ipv6Prefix.parse(EDGE)), 1420, List.of(peers)), 0, 1, null);
    }

    private static App app(Duration connectTimeout) {
        PortBinding binding = new PortBinding(
                PORT,
                List.of(),
                TlsOptions.DEFAULT,
                HttpOptions.DEFAULT,
                new TcpOptions(connectTimeout, Duration.ofHours(1), Duration.ZERO),
                0);
        return Apps.app(
                "echo", List.of(Apps.backend("b", NODE)), new Service("tcp", List.of(), 8080, List.of(binding)));
    }

    private RequestRecord record() {
        for (long end = System.nanoTime() + 10_000_000_000L; System.nanoTime() < end; Thread.onSpinWait()) {
            List<RequestRecord> found = edge.sinks().ring().recent(1);
            if (!found.isEmpty()) return found.getFirst();
        }
        throw new AssertionError("no record came within 10 s");
    }

    private Path socket() {
        return directory.resolve("admin.sock");
    }

    private Answer ask(String path) throws IOException {
        return AdminClient.get(socket(), path);
    }

    private static JsonNode json(Answer answer) {
        return JsonMapper.builder().build().readTree(answer.body());
    }
}
