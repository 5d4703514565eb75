package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.admin.AdminStream;
import dev.sixgate.edge.node.Node;
import dev.sixgate.edge.node.NodeAdmin;
import dev.sixgate.edge.node.NodePlan;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another program reads what {@code mesh capture} writes, and finds nothing to complain about. */
class CaptureIT {
    private static final String NODE = "fdaa:0:48c8::2";
    private static final String PEER = "fdaa:0:48c8::1";
    private static final int BYTES = 200_000;

    @TempDir
    Path directory;

    private final PrivateKey nodeKey = PrivateKey.generate(new Random(1));
    private final PrivateKey peerKey = PrivateKey.generate(new Random(2));

    @BeforeAll
    static void peers() {
        RealPeers.requirePrograms("tshark");
    }

    @Test
    void tshark_decodes_a_whole_connection_with_its_peer_its_directions_and_its_time() throws Exception {
        Instant before = Instant.now().minusSeconds(1);
        Path file = directory.resolve("node.pcapng");
        transfer(file);
        List<String> packets = tshark(
                        file,
                        "-T",
                        "fields",
                        "-e",
                        "frame.comment",
                        "-e",
                        "frame.packet_flags_direction",
                        "-e",
                        "ipv6.src",
                        "-e",
                        "tcp.len",
                        "-e",
                        "frame.time_epoch",
                        "-Y",
                        "tcp")
                .lines()
                .toList();
        assertThat(packets).hasSizeGreaterThan(BYTES / 1400);
        long payload = 0;
        for (String packet : packets) {
            String[] fields = packet.split("\t", -1);
            boolean sent = fields[2].equals(NODE);
            assertThat(fields[0]).isEqualTo(sent ? "peer edge, sent" : "peer edge, received");
            assertThat(Integer.decode(fields[1])).isEqualTo(sent ? 2 : 1);
            if (!sent) payload += Integer.parseInt(fields[3]);
            assertThat(Double.parseDouble(fields[4]))
                    .isBetween((double) before.getEpochSecond(), Instant.now().getEpochSecond() + 2.0);
        }
        assertThat(payload).isEqualTo(BYTES);
        assertThat(tshark(file, "-o", "tcp.check_checksum:TRUE", "-Y", "_ws.malformed or tcp.checksum.status == 0"))
                .isEmpty();
    }

    /** One connection from its SYN to its last acknowledgement, captured by the node. */
    private void transfer(Path file) throws Exception {
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ServerSocket app = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
            Node node = Node.start(
                            loops.next(),
                            new NodePlan(
                                    mesh(nodeKey, NODE, peer("edge", peerKey, null, PEER)),
                                    0,
                                    List.of(NodePort.parse("8080=127.0.0.1:" + app.getLocalPort()))))
                    .sync()
                    .getNow();
            InetSocketAddress endpoint = new InetSocketAddress(
                    InetAddress.ofLiteral("127.0.0.1"), node.underlayAddress().getPort());
            MeshDriver peer = MeshDriver.start(
                            loops.next(), mesh(peerKey, PEER, peer("node", nodeKey, endpoint, NODE)), 0)
                    .sync()
                    .getNow();
            try (NodeAdmin admin = new NodeAdmin(directory.resolve("node.sock"))) {
                admin.open(node);
                try (AdminStream stream = new AdminStream(directory.resolve("node.sock"), "/mesh/capture");
                        OutputStream out = Files.newOutputStream(file)) {
                    CompletableFuture<?> copied = CompletableFuture.runAsync(() -> copy(stream, out));
                    Channel channel = new Bootstrap()
                            .group(peer.eventLoop())
                            .channelFactory(() -> new MeshSocketChannel(peer))
                            .handler(new ChannelInboundHandlerAdapter())
                            .connect(new InetSocketAddress(InetAddress.ofLiteral(NODE), 8080))
                            .sync()
                            .channel();
                    try (Socket accepted = app.accept()) {
                        channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[BYTES]));
                        assertThat(accepted.getInputStream().readNBytes(BYTES)).hasSize(BYTES);
                    }
                    channel.close().sync();
                    stream.stop();
                    copied.get(10, TimeUnit.SECONDS);
                }
            } finally {
                peer.close().sync();
                node.close().sync();
            }
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
        }
    }

    private static void copy(AdminStream stream, OutputStream out) {
        try {
            assertThat(stream.copyTo(out)).containsEntry("sixgate-dropped", "0");
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String tshark(Path file, String... words) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of("tshark", "-n", "-r", file.toString()));
        command.addAll(List.of(words));
        Path errors = Files.createTempFile(file.getParent(), "tshark", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
        return output;
    }

    private static MeshConfig mesh(PrivateKey key, String address, PeerConfig peer) {
        return new MeshConfig(key, List.of(Ipv6Prefix.parse(address)), 1420, List.of(peer));
    }

    private static PeerConfig peer(String name, PrivateKey key, @Nullable InetSocketAddress endpoint, String allowed) {
        return new PeerConfig(name, key.publicKey(), null, endpoint, List.of(Ipv6Prefix.parse(allowed)), Duration.ZERO);
    }
}
