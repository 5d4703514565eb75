package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.admin.AdminStream;
import dev.sixgate.edge.node.Node;
import dev.sixgate.edge.node.NodeAdmin;
import dev.sixgate.edge.node.NodePlan;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.capture.Captures;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The mesh commands, asked of a running node with one peer. */
@Timeout(30)
class MeshCommandsTest {
    private static final String NODE = "fdaa:0:48c8::2";
    private static final String PEER = "fdaa:0:48c8::1";

    @TempDir
    Path directory;

    private final PrivateKey nodeKey = PrivateKey.generate(new Random(1));
    private final PrivateKey peerKey = PrivateKey.generate(new Random(2));
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private ServerSocket app;
    private Node node;
    private NodeAdmin admin;
    private MeshDriver peer;

    @BeforeEach
    void start() throws Exception {
        app = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        node = Node.start(
                        loops.next(),
                        new NodePlan(
                                mesh(nodeKey, NODE, peer("edge", peerKey, null, PEER, Duration.ofSeconds(25))),
                                0,
                                List.of(NodePort.parse("8080=127.0.0.1:" + app.getLocalPort()))))
                .sync()
                .getNow();
        admin = new NodeAdmin(socket());
        admin.open(node);
        peer = MeshDriver.start(
                        loops.next(),
                        mesh(
                                peerKey,
                                PEER,
                                peer(
                                        "node",
                                        nodeKey,
                                        new InetSocketAddress(
                                                InetAddress.ofLiteral("127.0.0.1"),
                                                node.underlayAddress().getPort()),
                                        NODE,
                                        Duration.ZERO)),
                        0)
                .sync()
                .getNow();
    }

    @AfterEach
    void stop() throws Exception {
        admin.close();
        peer.close().sync();
        node.close().sync();
        app.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    @Test
    void status_shows_what_wg_shows_and_what_it_does_not_know() throws Exception {
        assertThat(run("mesh status")).isZero();
        assertThat(out.toString())
                .contains("interface: node\n  public key: " + nodeKey.publicKey() + "\n  private key: (hidden)\n")
                .contains("peer: " + peerKey.publicKey() + "\n  name: edge\n  endpoint: (waiting for its handshake)\n")
                .contains("latest handshake: never")
                .doesNotContain("tcp: ");
        Channel connection = connect();
        out.getBuffer().setLength(0);
        assertThat(run("mesh status")).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains("  listening port: " + node.underlayAddress().getPort() + "\n")
                .contains("  addresses: " + NODE + "/128\n  mtu: 1420\n  cipher engine: ")
                .contains("(offload self-test: ")
                .contains("  tcp connections: 1\n  dropped datagrams: none\n  dropped packets: none\n")
                .contains("  endpoint: 127.0.0.1:" + peer.underlayAddress().getPort() + "\n  allowed ips: " + PEER
                        + "/128\n")
                .containsPattern("  latest handshake: (Now|[0-9]+ seconds? ago)\n")
                .containsPattern("  transfer: .* received, .* sent\n  persistent keepalive: every 25 seconds\n")
                .containsPattern("  tcp: 1 connection.*, 0 of [0-9]+ segments retransmitted \\(0.00 %\\)\n")
                .doesNotContain(nodeKey.toBase64());
        out.getBuffer().setLength(0);
        assertThat(run("mesh status --json")).isZero();
        assertThat(out.toString()).startsWith("{\"name\":\"node\"").contains("\"persistent_keepalive_seconds\":25");
        connection.close().sync();
    }

    @Test
    void capture_writes_a_file_for_its_owner_that_ends_after_so_many_packets() throws Exception {
        Path file = directory.resolve("node.pcapng");
        CompletableFuture<Integer> capture =
                CompletableFuture.supplyAsync(() -> run("mesh capture --peer edge --count 2 -w " + file));
        // Pings go on until the capture has seen enough of them.
        while (!capture.isDone())
            assertThat(peer.ping(Ipv6Address.parse(NODE), 0, Duration.ofSeconds(5))
                            .await(10, TimeUnit.SECONDS))
                    .isTrue();
        assertThat(capture.get()).as(err.toString()).isZero();
        assertThat(err.toString()).contains("capturing peer edge; Ctrl-C ends it\n2 packets captured, 0 dropped");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        byte[] bytes = Files.readAllBytes(file);
        assertThat(bytes).startsWith(0x0A, 0x0D, 0x0D, 0x0A);
        assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .contains("inner packets of " + nodeKey.publicKey())
                .containsPattern("peer edge, (sent|received)");
    }

    @Test
    void a_capture_is_stopped_in_good_order_and_a_fifth_one_is_refused() throws Exception {
        List<AdminStream> streams = new ArrayList<>();
        for (int i = 0; i < Captures.CAPTURES_MAX; i++) streams.add(new AdminStream(socket(), "/mesh/capture"));
        assertThat(streams).allMatch(stream -> stream.refusal() == null);
        assertThat(run("mesh capture -w " + directory.resolve("fifth"))).isEqualTo(1);
        assertThat(err.toString()).contains("there are 4 captures already");
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        streams.getFirst().stop();
        assertThat(streams.getFirst().copyTo(file))
                .containsEntry("sixgate-captured", "0")
                .containsEntry("sixgate-dropped", "0");
        assertThat(file.size()).isPositive();
        for (AdminStream stream : streams) stream.close();
    }

    @Test
    void a_capture_of_a_peer_that_is_not_there_names_those_that_are() {
        assertThat(run("mesh capture --peer nobody -w " + directory.resolve("none")))
                .isEqualTo(1);
        assertThat(err.toString()).contains("no peer is named \"nobody\"; there is edge");
        assertThat(directory.resolve("none")).doesNotExist();
        assertThat(run("mesh capture --count 0 -w " + directory.resolve("none")))
                .isEqualTo(2);
    }

    @Test
    void ping_ends_with_the_figures_that_ping_ends_with() throws Exception {
        peer.ping(Ipv6Address.parse(NODE), 0, Duration.ofSeconds(5)).sync(); // tells the node where the peer is
        assertThat(run("mesh ping " + PEER + " -c 3 -s 100 -i 0.01"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines().map(line -> line.replaceAll("[0-9.]+ms|[0-9./]+ ms$", "T")))
                .containsExactly(
                        "PING " + PEER + " 100 data bytes, through the tunnel",
                        "108 bytes from " + PEER + ": icmp_seq=1 time=T",
                        "108 bytes from " + PEER + ": icmp_seq=2 time=T",
                        "108 bytes from " + PEER + ": icmp_seq=3 time=T",
                        "",
                        "--- " + PEER + " ping statistics ---",
                        "3 packets transmitted, 3 received, 0% packet loss, time T",
                        "rtt min/avg/max/mdev = T");
    }

    @Test
    void ping_without_an_answer_exits_with_1_and_with_wrong_words_with_2() {
        assertThat(run("mesh ping " + PEER + " -W 0.02")).isEqualTo(1);
        assertThat(out.toString())
                .contains("no answer: icmp_seq=1, no echo reply from " + PEER + " after 20 ms")
                .contains("1 packets transmitted, 0 received, 100% packet loss");
        assertThat(run("mesh ping fdaa:9::9")).isEqualTo(1);
        assertThat(err.toString()).contains("no peer's allowed IPs cover fdaa:9::9");
        for (String wrong : List.of("-i 0", "-i NaN", "-c -1", "-s 65536", "-W 9"))
            assertThat(run("mesh ping " + PEER + " " + wrong)).as(wrong).isEqualTo(2);
    }

    @Test
    void pmtu_is_the_meshs_own_where_everything_passes() throws Exception {
        peer.ping(Ipv6Address.parse(NODE), 0, Duration.ofSeconds(5)).sync();
        assertThat(run("mesh pmtu " + PEER)).as(err.toString()).isZero();
        assertThat(out.toString()).contains("path MTU to " + PEER + ": 1420, the MTU of this mesh");
    }

    @Test
    void what_TCP_learned_of_a_path_stands_in_status_and_before_a_measurement() throws Exception {
        peer.ping(Ipv6Address.parse(NODE), 0, Duration.ofSeconds(5)).sync();
        MeshDriver mesh = node.driver();
        mesh.eventLoop()
                .submit(() -> mesh.mesh().tcp().pathMtus().onTooBig(Ipv6Address.parse(PEER), 1300, mesh.nowNanos()))
                .sync();
        assertThat(run("mesh status")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("  path mtu: 1300 to " + PEER + "\n");
        assertThat(run("mesh pmtu " + PEER)).as(err.toString()).isZero();
        assertThat(out.toString()).contains("TCP sends " + PEER + " packets of 1300 bytes at most");
    }

    @Test
    void pmtu_finds_what_a_black_hole_lets_pass() throws Exception {
        int longest = 1344 + 32; // an inner packet of 1344 bytes with header and tag; WireGuard pads to 16
        try (BlackHole hole = new BlackHole(node.underlayAddress().getPort(), longest)) {
            MeshDriver behind = MeshDriver.start(
                            loops.next(),
                            mesh(peerKey, PEER, peer("node", nodeKey, hole.address(), NODE, Duration.ZERO)),
                            0)
                    .sync()
                    .getNow();
            try {
                behind.ping(Ipv6Address.parse(NODE), 0, Duration.ofSeconds(5)).sync();
                assertThat(run("mesh pmtu " + PEER + " --tries 2 -W 0.25"))
                        .as(err.toString())
                        .isZero();
                assertThat(out.toString())
                        .contains("  1420 bytes: no answer to 2\n  1280 bytes: came back\n")
                        .contains("path MTU to " + PEER + ": 1344; 1345 and more is lost")
                        .contains("set mesh.mtu to 1344");
            } finally {
                behind.close().sync();
            }
        }
    }

    private Channel connect() throws Exception {
        return new Bootstrap()
                .group(peer.eventLoop())
                .channelFactory(() -> new MeshSocketChannel(peer))
                .handler(new ChannelInboundHandlerAdapter())
                .connect(new InetSocketAddress(InetAddress.ofLiteral(NODE), 8080))
                .sync()
                .channel();
    }

    private static MeshConfig mesh(PrivateKey key, String address, PeerConfig peer) {
        return new MeshConfig(key, List.of(Ipv6Prefix.parse(address)), 1420, List.of(peer));
    }

    private static PeerConfig peer(
            String name, PrivateKey key, InetSocketAddress endpoint, String allowed, Duration keepalive) {
        return new PeerConfig(name, key.publicKey(), null, endpoint, List.of(Ipv6Prefix.parse(allowed)), keepalive);
    }

    private Path socket() {
        return directory.resolve("node.sock");
    }

    private int run(String words) {
        String[] all = Stream.concat(Stream.of(words.split(" ")), Stream.of("--admin", socket().toString()))
                .toArray(String[]::new);
        return Main.run(all, new PrintWriter(out, true), new PrintWriter(err, true));
    }
}
