package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.at;
import static dev.sixgate.mesh.transport.MeshPair.await;
import static dev.sixgate.mesh.transport.MeshPair.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.tcp.CongestionAlgorithm;
import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.socket.DuplexChannel;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Netty's SocketConnectTest, SocketConnectionAttemptTest, SocketMultipleConnectTest and SocketAddressesTest. */
@OverMesh
class SocketConnectTest {
    private final MeshPair mesh;

    SocketConnectTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void both_sides_name_the_same_addresses_also_after_close() throws Exception {
        Connection connection = mesh.connect();
        InetSocketAddress client = connection.client().localAddress();
        InetSocketAddress child = connection.child().localAddress();
        assertThat(client.getAddress()).isEqualTo(MeshPair.EDGE.toInetAddress());
        assertThat(client.getPort()).isPositive();
        assertThat(child.getAddress()).isEqualTo(MeshPair.NODE.toInetAddress());
        assertThat(connection.child().remoteAddress()).isEqualTo(client);
        assertThat(connection.client().remoteAddress()).isEqualTo(child);
        connection.close();
        assertThat(connection.client().localAddress()).isEqualTo(client);
        assertThat(connection.client().remoteAddress()).isEqualTo(child);
    }

    @Test
    void a_connection_names_its_peer_and_its_figures_the_last_of_them_after_close() throws Exception {
        Connection connection = mesh.connect();
        assertThat(on(
                        connection.client(),
                        () -> connection.client().peer().config().name()))
                .isEqualTo(MeshPair.NODE.toString());
        var open = on(connection.client(), () -> connection.client().statistics());
        assertThat(open.state()).isEqualTo("ESTABLISHED");
        assertThat(open.connectNanos()).isPositive();
        connection.close();
        var closed = on(connection.client(), () -> connection.client().statistics());
        assertThat(closed.connectNanos()).isEqualTo(open.connectNanos());
        assertThat(closed.sentSegments()).isGreaterThanOrEqualTo(open.sentSegments());
    }

    @Test
    void each_side_chooses_its_congestion_control() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()).option(MeshChannelOption.TCP_CONGESTION, CongestionAlgorithm.BBR),
                mesh.server(new Observer())
                        .childOption(MeshChannelOption.TCP_CONGESTION, CongestionAlgorithm.CUBIC)
                        .option(MeshChannelOption.TCP_CONGESTION, CongestionAlgorithm.NEW_RENO));
        assertThat(on(connection.client(), () -> connection.client().statistics())
                        .congestionControl())
                .isEqualTo(CongestionAlgorithm.BBR);
        assertThat(on(connection.child(), () -> connection.child().statistics()).congestionControl())
                .as("taken when the connection opens, from the server")
                .isEqualTo(CongestionAlgorithm.NEW_RENO);
        connection.close();
    }

    @Test
    void a_connection_leaves_from_the_address_and_port_that_were_bound() throws Exception {
        Channel listener = mesh.listen(mesh.server(new Observer()));
        Bootstrap client = mesh.client(new Observer()).localAddress(at(MeshPair.EDGE, 40_001));
        Channel first = await(client.connect(listener.localAddress()));
        assertThat(first.localAddress()).isEqualTo(at(MeshPair.EDGE, 40_001));
        assertThatThrownBy(() -> await(client.connect(listener.localAddress())))
                .hasCauseInstanceOf(BindException.class);
        assertThatThrownBy(() ->
                        await(client.clone().localAddress(at(MeshPair.NODE, 0)).connect(listener.localAddress())))
                .hasCauseInstanceOf(BindException.class)
                .hasMessageContaining("not in the mesh's own ranges");
        await(first.close());
        await(listener.close());
    }

    @Test
    void a_port_where_nobody_listens_refuses() {
        Observer observer = new Observer();
        assertThatThrownBy(() -> await(mesh.client(observer).connect(at(MeshPair.NODE, 9))))
                .hasCauseInstanceOf(ConnectException.class)
                .hasMessageContaining("Connection refused");
        assertThat(observer.events()).doesNotContain("active");
    }

    @Test
    void an_address_that_no_peer_covers_has_no_route() {
        assertThatThrownBy(() -> await(mesh.client(new Observer()).connect(at(Ipv6Address.parse("fdaa:ffff::1"), 80))))
                .hasCauseInstanceOf(NoRouteToHostException.class)
                .hasMessageContaining("no peer's allowed IPs cover the address");
        assertThatThrownBy(() -> await(mesh.client(new Observer()).connect(new InetSocketAddress("127.0.0.1", 80))))
                .hasCauseInstanceOf(NoRouteToHostException.class)
                .hasMessageContaining("IPv6 only");
    }

    @Test
    void a_peer_that_never_answers_is_a_timeout() throws Exception {
        Observer observer = new Observer();
        Bootstrap client = mesh.client(observer).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 50);
        ChannelFuture attempt = client.connect(at(MeshPair.UNREACHABLE_PEER, 80));
        assertThatThrownBy(() -> await(attempt))
                .hasCauseInstanceOf(ConnectTimeoutException.class)
                .hasMessageContaining("connection timed out after 50 ms: /[fdaa:0:3:0:0:0:0:1]:80");
        await(attempt.channel().closeFuture());
        assertThat(attempt.channel().isOpen()).isFalse();
        assertThat(observer.events()).doesNotContain("active");
    }

    @Test
    void a_cancelled_attempt_closes_the_channel() throws Exception {
        ChannelFuture attempt = mesh.client(new Observer()).connect(at(MeshPair.UNREACHABLE_PEER, 80));
        on(mesh.edge.eventLoop(), () -> attempt.cancel(false));
        assertThatThrownBy(attempt::get).isInstanceOf(CancellationException.class);
        await(attempt.channel().closeFuture());
        assertThat(attempt.channel().isOpen()).isFalse();
    }

    @Test
    void closing_during_an_attempt_fails_it() throws Exception {
        ChannelFuture attempt = mesh.client(new Observer()).connect(at(MeshPair.UNREACHABLE_PEER, 80));
        on(mesh.edge.eventLoop(), () -> null);
        await(attempt.channel().close());
        assertThatThrownBy(() -> await(attempt)).hasCauseInstanceOf(ClosedChannelException.class);
    }

    @Test
    void a_second_connect_is_refused_while_pending_and_when_connected() throws Exception {
        ChannelFuture attempt = mesh.client(new Observer()).connect(at(MeshPair.UNREACHABLE_PEER, 80));
        on(mesh.edge.eventLoop(), () -> null);
        assertThatThrownBy(() -> await(attempt.channel().connect(at(MeshPair.NODE, 80))))
                .hasCauseInstanceOf(ConnectionPendingException.class);
        await(attempt.channel().close());

        Connection connection = mesh.connect();
        assertThatThrownBy(() -> await(connection.client().connect(at(MeshPair.NODE, 80))))
                .hasCauseInstanceOf(AlreadyConnectedException.class);
        assertThat(connection.client().isActive()).isTrue();
        connection.close();
    }

    @Test
    void a_channel_closed_in_channel_active_still_tells_active_and_inactive() throws Exception {
        Observer observer = new Observer();
        Channel listener = mesh.listen(mesh.server(new Observer()));
        Channel client = await(mesh.client(observer)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void handlerAdded(ChannelHandlerContext context) {
                        context.pipeline().addLast(observer);
                    }

                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                        context.fireChannelActive();
                        context.close();
                    }
                })
                .connect(listener.localAddress()));
        observer.awaitEvent("unregistered");
        assertThat(observer.events()).containsExactly("active", "inactive", "unregistered");
        await(client.close());
        await(client.close());
        assertThat(((DuplexChannel) client).isShutdown()).isTrue();
        await(listener.close());
    }

    @Test
    void another_event_loop_is_refused_with_the_reason() {
        Bootstrap elsewhere = new Bootstrap()
                .group(mesh.node.eventLoop())
                .channelFactory(() -> new MeshSocketChannel(mesh.edge))
                .handler(new Observer());
        assertThatThrownBy(() -> await(elsewhere.connect(at(MeshPair.NODE, 80))))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a mesh channel runs on its driver's event loop only");
    }
}
