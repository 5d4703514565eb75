package dev.sixgate.edge.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.listener.SocketTransport;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.networkpolicy.PortSet;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node and a client's mesh on loopback, joined by WireGuard; apps are plain sockets. */
class NodeTest {
    private static final String NODE_ADDRESS = "fdaa:0:48c8::2";
    private static final String CLIENT_ADDRESS = "fdaa:0:48c8::1";
    private static final int MESH_PORT = 8080;

    private final PrivateKey nodeKey = PrivateKey.generate(new SecureRandom());
    private final PrivateKey clientKey = PrivateKey.generate(new SecureRandom());
    private EventLoopGroup group;
    private ServerSocket app;
    private Node node;
    private MeshDriver client;

    @BeforeEach
    void listen() throws Exception {
        group = SocketTransport.best().newLoops(1, new DefaultThreadFactory("node-test"));
        app = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    }

    @AfterEach
    void stop() throws Exception {
        if (client != null) client.close().await(10, TimeUnit.SECONDS);
        if (node != null) node.close().await(10, TimeUnit.SECONDS);
        app.close();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    @Test
    void bytes_pass_both_ways_and_each_half_closes_by_itself() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        Client connection = connect();
        try (Socket accepted = app.accept()) {
            connection.send("to the app");
            assertThat(accepted.getInputStream().readNBytes(10)).asString().isEqualTo("to the app");
            connection.channel.shutdownOutput();
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            accepted.getOutputStream().write("and back".getBytes());
            accepted.shutdownOutput();
            assertThat(connection.text(8)).isEqualTo("and back");
            assertThat(connection.next()).isEqualTo("end of input");
        }
    }

    @Test
    void an_app_that_knows_only_ipv6_is_found_as_well() throws Exception {
        app.close();
        try {
            app = new ServerSocket(0, 50, InetAddress.ofLiteral("::1"));
        } catch (IOException e) {
            org.junit.jupiter.api.Assumptions.abort("this host has no IPv6 loopback");
        }
        start(MESH_PORT + "=localhost:" + app.getLocalPort());
        Client connection = connect();
        try (Socket accepted = app.accept()) {
            connection.send("x");
            assertThat(accepted.getInputStream().read()).isEqualTo('x');
        }
    }

    @Test
    void a_refusing_app_is_a_refused_connection() throws Exception {
        int closed = app.getLocalPort();
        app.close();
        start(MESH_PORT + "=127.0.0.1:" + closed);
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    }

    @Test
    void a_port_that_was_not_named_is_refused_although_something_listens_on_loopback() throws Exception {
        start("9=127.0.0.1:" + app.getLocalPort());
        assertThatThrownBy(() -> connect(app.getLocalPort())).isInstanceOf(ConnectException.class);
    }

    @Test
    void a_reset_by_the_app_is_a_reset_for_the_client() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        Client connection = connect();
        Socket accepted = app.accept();
        accepted.setSoLinger(true, 0);
        accepted.close();
        assertThat(connection.next()).isEqualTo("reset");
    }

    @Test
    void a_reset_by_the_client_is_a_reset_for_the_app() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        Client connection = connect();
        try (Socket accepted = app.accept()) {
            accepted.setSoTimeout(10_000);
            connection.channel.config().setOption(ChannelOption.SO_LINGER, 0);
            connection.channel.close();
            assertThatThrownBy(() -> accepted.getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void a_large_body_arrives_whole_although_the_client_reads_late() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        byte[] body = new byte[4 << 20];
        new Random(7).nextBytes(body);
        Client connection = connect();
        connection.channel.config().setAutoRead(false);
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
            try (Socket accepted = app.accept()) {
                accepted.getOutputStream().write(body);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        connection.channel.config().setAutoRead(true);
        assertThat(connection.bytes(body.length)).isEqualTo(body);
        sent.get(10, TimeUnit.SECONDS);
    }

    @Test
    void draining_refuses_new_connections_and_waits_for_the_old_ones() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        Client connection = connect();
        Socket accepted = app.accept();
        Future<Void> drained = node.drain(Duration.ofMinutes(5), Duration.ofMinutes(5));
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        assertThat(drained.isDone()).isFalse();
        connection.send("last");
        assertThat(accepted.getInputStream().readNBytes(4)).asString().isEqualTo("last");
        connection.channel.shutdownOutput();
        accepted.close();
        assertThat(drained.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void draining_does_not_wait_for_a_connection_on_which_the_app_had_the_last_word() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        Client asking = connect();
        Socket unanswered = app.accept();
        Client kept = connect();
        Socket answered = app.accept();
        asking.send("a question");
        assertThat(unanswered.getInputStream().readNBytes(10)).hasSize(10);
        kept.send("another");
        assertThat(answered.getInputStream().readNBytes(7)).hasSize(7);
        answered.getOutputStream().write("answer".getBytes());
        assertThat(kept.text(6)).isEqualTo("answer");
        Future<Void> drained = node.drain(Duration.ofMinutes(5), Duration.ofMillis(20));
        assertThat(kept.next()).isEqualTo("end of input");
        kept.channel.close();
        assertThat(answered.getInputStream().read()).isEqualTo(-1);
        assertThat(drained.isDone()).isFalse();
        unanswered.getOutputStream().write("late".getBytes());
        assertThat(asking.text(4)).isEqualTo("late");
        asking.channel.close();
        assertThat(drained.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void draining_delivers_what_an_app_sent_before_it_closed() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        byte[] body = new byte[200_000];
        new Random(8).nextBytes(body);
        Client connection = connect();
        connection.channel.config().setAutoRead(false);
        connection.channel.shutdownOutput();
        try (Socket accepted = app.accept()) {
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            accepted.getOutputStream().write(body);
        }
        Future<Void> drained = node.drain(Duration.ofMinutes(5), Duration.ofMinutes(5));
        connection.channel.config().setAutoRead(true);
        assertThat(connection.bytes(body.length)).isEqualTo(body);
        assertThat(connection.next()).isEqualTo("end of input");
        assertThat(drained.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_policy_refuses_a_connection_before_the_app_hears_of_it() throws Exception {
        Policy closed = new Policy(
                "closed", Policy.Mode.ENFORCE, Policy.Direction.INGRESS, Policy.Party.ANYONE, PortSet.ALL, List.of());
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort(), closed);
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        assertThat(node.driver().mesh().drops().of(PacketDropReason.DENIED_BY_POLICY))
                .isPositive();
    }

    @Test
    void a_udp_port_in_use_is_a_plain_sentence() throws Exception {
        start(MESH_PORT + "=127.0.0.1:" + app.getLocalPort());
        int taken = node.underlayAddress().getPort();
        Future<Node> second = Node.start(group.next(), plan(taken, NodePort.parse("1")));
        assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(second.cause()).isInstanceOf(BindException.class).hasMessageContaining("UDP port " + taken);
    }

    private NodePlan plan(int listenPort, NodePort port) {
        return new NodePlan(
                new MeshConfig(
                        nodeKey,
                        List.of(Ipv6Prefix.parse(NODE_ADDRESS)),
                        MeshConfig.DEFAULT_MTU,
                        List.of(new PeerConfig(
                                "client",
                                clientKey.publicKey(),
                                null,
                                null,
                                List.of(Ipv6Prefix.parse(CLIENT_ADDRESS)),
                                Duration.ZERO))),
                listenPort,
                List.of(port));
    }

    private void start(String port, Policy... policies) throws Exception {
        NodePlan plan = plan(0, NodePort.parse(port));
        node = within(
                Node.start(group.next(), new NodePlan(plan.mesh(), 0, plan.ports(), plan.tun(), List.of(policies))));
        InetSocketAddress endpoint = new InetSocketAddress(
                InetAddress.ofLiteral("127.0.0.1"), node.underlayAddress().getPort());
        client = within(MeshDriver.start(
                group.next(),
                new MeshConfig(
                        clientKey,
                        List.of(Ipv6Prefix.parse(CLIENT_ADDRESS)),
                        MeshConfig.DEFAULT_MTU,
                        List.of(new PeerConfig(
                                "node",
                                nodeKey.publicKey(),
                                null,
                                endpoint,
                                List.of(Ipv6Prefix.parse(NODE_ADDRESS)),
                                Duration.ZERO))),
                0));
    }

    private static <T> T within(Future<T> future) throws Exception {
        assertThat(future.await(10, TimeUnit.SECONDS)).isTrue();
        return future.get();
    }

    private Client connect() throws Exception {
        return connect(MESH_PORT);
    }

    private Client connect(int port) throws Exception {
        Client events = new Client();
        ChannelFuture connected = new Bootstrap()
                .group(client.eventLoop())
                .channelFactory(() -> new MeshSocketChannel(client))
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .handler(events)
                .connect(new InetSocketAddress(InetAddress.ofLiteral(NODE_ADDRESS), port));
        assertThat(connected.await(10, TimeUnit.SECONDS)).isTrue();
        if (connected.cause() instanceof Exception e) throw e;
        events.channel = (MeshSocketChannel) connected.channel();
        return events;
    }

    /** What the client's end of the connection saw, in order. */
    private static final class Client extends SimpleChannelInboundHandler<ByteBuf> {
        private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        private MeshSocketChannel channel;

        void send(String text) {
            channel.writeAndFlush(Unpooled.copiedBuffer(text.getBytes()));
        }

        String next() throws InterruptedException {
            Object event = seen.poll(10, TimeUnit.SECONDS);
            return event instanceof byte[] bytes ? new String(bytes) : String.valueOf(event);
        }

        byte[] bytes(int count) throws InterruptedException {
            ByteBuf all = Unpooled.buffer(count);
            while (all.readableBytes() < count) {
                Object event = seen.poll(10, TimeUnit.SECONDS);
                assertThat(event).as("after %d bytes", all.readableBytes()).isInstanceOf(byte[].class);
                all.writeBytes((byte[]) event);
            }
            return all.array();
        }

        String text(int count) throws InterruptedException {
            return new String(bytes(count));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
            byte[] copy = new byte[bytes.readableBytes()];
            bytes.readBytes(copy);
            seen.add(copy);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) seen.add("end of input");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            seen.add("reset");
        }
    }
}
