package dev.sixgate.mesh.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.transport.MeshServerSocketChannel;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sockets of the kernel on one side, ours on the other. */
class TunDriverTest {
    private static final int TIMEOUT_MILLIS = 5000;
    private static TunPair pair;

    @BeforeAll
    static void open() throws Exception {
        pair = new TunPair();
    }

    @AfterAll
    static void close() throws Exception {
        if (pair != null) pair.close();
    }

    @Test
    void the_kernel_pings_a_peer() throws Exception {
        // As root this is an ICMPv6 echo on a raw socket.
        assertThat(pair.netns.in(() -> TunPair.RIGHT.toInetAddress().isReachable(TIMEOUT_MILLIS)))
                .isTrue();
    }

    @Test
    void a_peer_pings_the_kernel() throws Exception {
        assertThat(TunPair.await(pair.right.ping(TunPair.LEFT_HOST, 1000, java.time.Duration.ofSeconds(5))))
                .isPositive();
    }

    @Test
    void a_kernel_socket_connects_to_one_of_ours_and_bytes_come_back_as_they_went() throws Exception {
        Channel server = listen(new Echo());
        byte[] sent = random(4 << 20);
        byte[] back = pair.netns.in(() -> {
            try (Socket socket = new Socket()) {
                socket.setSoTimeout(TIMEOUT_MILLIS);
                socket.connect((InetSocketAddress) server.localAddress(), TIMEOUT_MILLIS);
                Thread writer = Thread.ofPlatform().daemon().start(() -> write(socket, sent));
                byte[] read = socket.getInputStream().readNBytes(sent.length);
                writer.join();
                return read;
            }
        });
        assertThat(back).isEqualTo(sent);
        TunPair.await(server.close());
    }

    @Test
    void one_of_our_sockets_connects_to_a_kernel_listener() throws Exception {
        byte[] sent = random(1 << 20);
        ServerSocket listener = pair.netns.in(() -> new ServerSocket(0, 8, TunPair.LEFT_HOST.toInetAddress()));
        try (listener) {
            CompletableFuture<Void> inactive = new CompletableFuture<>();
            ChannelFuture connected = new Bootstrap()
                    .group(pair.right.eventLoop())
                    .channelFactory(() -> new MeshSocketChannel(pair.right))
                    .handler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelInactive(ChannelHandlerContext context) {
                            inactive.complete(null);
                        }
                    })
                    .connect(TunPair.LEFT_HOST.toInetAddress(), listener.getLocalPort());
            try (Socket accepted = pair.netns.in(listener::accept)) {
                assertThat(accepted.getInetAddress()).isEqualTo(TunPair.RIGHT.toInetAddress());
                accepted.setSoTimeout(TIMEOUT_MILLIS);
                TunPair.await(connected);
                connected.channel().writeAndFlush(Unpooled.wrappedBuffer(sent));
                assertThat(accepted.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
            }
            inactive.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void curl_fetches_from_nginx_through_two_devices(@TempDir Path directory) throws Exception {
        Path nginx = Path.of("/usr/sbin/nginx");
        assumeTrue(
                Files.isExecutable(nginx) && Files.isExecutable(Path.of("/usr/bin/curl")), "nginx and curl are absent");
        byte[] body = random(8 << 20);
        Files.write(directory.resolve("body"), body);
        try (Netns far = Netns.open()) {
            TunDriver other = TunPair.attach(pair.right, far, TunPair.RIGHT_HOST);
            Path configuration =
                    Files.writeString(directory.resolve("nginx.conf"), """
                        daemon off; master_process off; user root; error_log stderr; pid %1$s/pid;
                        events {}
                        http { access_log off; server { listen [%2$s]:80; location / { root %1$s; } } }
                        """.formatted(directory, TunPair.RIGHT_HOST));
            Process server = far.in(() -> new ProcessBuilder(nginx.toString(), "-c", configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("nginx.log").toFile())
                    .start());
            try {
                Process client = pair.netns.in(() -> new ProcessBuilder(
                                "curl",
                                "--silent",
                                "--show-error",
                                "--retry-connrefused",
                                "--retry",
                                "20",
                                "--retry-delay",
                                "1",
                                "--max-time",
                                "8",
                                "--output",
                                directory.resolve("fetched").toString(),
                                "http://[" + TunPair.RIGHT_HOST + "]/body")
                        .redirectErrorStream(true)
                        .start());
                String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(client.waitFor()).as(said).isZero();
                assertThat(Files.readAllBytes(directory.resolve("fetched"))).isEqualTo(body);
            } finally {
                server.destroy();
                server.waitFor();
                other.close();
            }
        }
    }

    @Test
    void the_kernel_hears_at_once_that_nobody_has_an_address() throws Exception {
        pair.netns.in(() -> {
            try (Socket socket = new Socket()) {
                assertThatThrownBy(() -> socket.connect(
                                new InetSocketAddress(InetAddress.getByName("fdaa:0:9::1"), 80), TIMEOUT_MILLIS))
                        .isInstanceOf(SocketException.class);
            }
            return null;
        });
        assertThat(pair.left
                        .eventLoop()
                        .submit(() -> pair.left.mesh().drops().of(PacketDropReason.NO_PEER))
                        .get())
                .isPositive();
    }

    @Test
    void the_device_has_the_mtu_of_the_mesh_and_no_link_local_address() throws Exception {
        assertThat(pair.netns.in(TunDriverTest::addresses))
                .filteredOn(line -> line.endsWith(" sg0"))
                .singleElement()
                .asString()
                .startsWith("fdaa0000000100000000000000000007");
        assertThat(pair.netns.in(() -> {
                    // In one read: a sysctl has nothing more to say at another offset.
                    try (var mtu = Files.newInputStream(Path.of("/proc/sys/net/ipv6/conf/sg0/mtu"))) {
                        byte[] text = new byte[16];
                        return new String(text, 0, mtu.read(text), StandardCharsets.US_ASCII);
                    }
                }))
                .isEqualTo("1420\n");
    }

    /** Of the calling thread's namespace, as the kernel lists them. */
    private static List<String> addresses() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/net/if_inet6"));
    }

    @Test
    void the_device_is_gone_when_its_mesh_is() throws Exception {
        TunPair brief = new TunPair();
        assertThat(brief.netns.in(TunDriverTest::addresses)).anyMatch(line -> line.endsWith(" sg0"));
        TunPair.await(brief.left.close());
        assertThat(brief.netns.in(TunDriverTest::addresses)).noneMatch(line -> line.endsWith(" sg0"));
        brief.close();
    }

    @Test
    void a_taken_name_is_said_in_one_sentence() {
        TunConfig same = pair.tun.device().config();
        assertThatThrownBy(() -> pair.netns.in(() -> TunDevice.open(same)))
                .hasRootCauseInstanceOf(IOException.class)
                .hasRootCauseMessage("the TUN device sg0 exists and another process has it: take another name");
        assertThatThrownBy(() -> pair.netns.in(
                        () -> TunDevice.open(new TunConfig("lo", same.addresses(), same.routes(), same.mtu()))))
                .hasRootCauseMessage("the interface lo exists and is no TUN device: take another name");
    }

    @Test
    void a_missing_capability_is_said_in_one_sentence() throws Exception {
        try (Netns powerless = Netns.open()) {
            powerless.dropCapabilities();
            assertThatThrownBy(() ->
                            powerless.in(() -> TunDevice.open(pair.tun.device().config())))
                    .hasRootCauseMessage("the TUN device sg0 needs CAP_NET_ADMIN, which this process lacks: "
                            + "grant it with AmbientCapabilities=CAP_NET_ADMIN or leave the device out");
        }
    }

    private static Channel listen(ChannelInboundHandlerAdapter handler) throws Exception {
        ChannelFuture bound = new ServerBootstrap()
                .group(pair.right.eventLoop())
                .channelFactory(() -> new MeshServerSocketChannel(pair.right))
                .childHandler(handler)
                .bind(TunPair.RIGHT.toInetAddress(), 0);
        TunPair.await(bound);
        return bound.channel();
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Writes back what it reads, and reads no more than it may write. */
    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write((ByteBuf) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
            context.channel().config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }
    }
}
