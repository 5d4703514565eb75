package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.at;
import static dev.sixgate.mesh.transport.MeshPair.await;
import static dev.sixgate.mesh.transport.MeshPair.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.util.AttributeKey;
import java.net.BindException;
import java.net.ConnectException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Netty's ServerSocketSuspendTest and what ServerBootstrap promises; and pending children, which only a mesh has. */
@OverMesh
class ServerSocketTest {
    private final MeshPair mesh;

    ServerSocketTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void children_have_the_options_and_attributes_of_the_bootstrap() throws Exception {
        AttributeKey<String> key = AttributeKey.valueOf("test");
        Connection connection = mesh.connect(
                mesh.client(new Observer()),
                mesh.server(new Observer())
                        .option(ChannelOption.SO_RCVBUF, 123_456)
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(ChannelOption.SO_LINGER, 0)
                        .childAttr(key, "value"));
        assertThat(connection.child().config().isAllowHalfClosure()).isTrue();
        assertThat(connection.child().config().getOption(ChannelOption.SO_LINGER))
                .isZero();
        assertThat(connection.child().config().getOption(ChannelOption.SO_RCVBUF))
                .isEqualTo(123_456);
        assertThat(connection.child().config().getOptions()).containsKey(ChannelOption.SO_KEEPALIVE);
        assertThat(connection.child().attr(key).get()).isEqualTo("value");
        assertThat(connection.child().parent()).isInstanceOf(MeshServerSocketChannel.class);
        connection.close();
    }

    @Test
    void a_taken_port_and_a_foreign_address_cannot_be_bound() throws Exception {
        Channel listener = mesh.listen(mesh.server(new Observer()));
        assertThatThrownBy(() -> await(mesh.server(new Observer()).bind(listener.localAddress())))
                .hasCauseInstanceOf(BindException.class);
        assertThatThrownBy(() -> await(mesh.server(new Observer()).bind(at(MeshPair.EDGE, 80))))
                .hasCauseInstanceOf(BindException.class)
                .hasMessageContaining("not in the mesh's own ranges");
        var address = listener.localAddress();
        await(listener.close());
        await(await(mesh.server(new Observer()).bind(address)).close());
    }

    @Test
    void the_unspecified_address_is_any_of_ours() throws Exception {
        Channel listener = await(mesh.server(new Observer()).bind(at(Ipv6Address.UNSPECIFIED, 8081)));
        assertThat(listener.localAddress()).isEqualTo(at(Ipv6Address.UNSPECIFIED, 8081));
        Channel client = await(mesh.client(new Observer()).connect(at(MeshPair.NODE, 8081)));
        await(client.close());
        await(listener.close());
    }

    @Test
    void a_server_that_does_not_read_yields_no_children_until_it_does() throws Exception {
        CompletableFuture<Channel> child = new CompletableFuture<>();
        Channel listener = mesh.listen(mesh.server(new Observer())
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChildTap(child)));
        Channel client = await(mesh.client(new Observer()).connect(listener.localAddress()));
        await(client.writeAndFlush(Unpooled.copyInt(7)));
        on(listener, () -> null);
        assertThat(child).isNotDone();
        listener.config().setAutoRead(true);
        Channel accepted = child.get(10, TimeUnit.SECONDS);
        assertThat(accepted.pipeline().get(Observer.class).awaitBytes(4)).hasSize(4);
        await(client.close());
        await(listener.close());
    }

    @Test
    void a_pending_child_is_registered_but_active_only_after_accept() throws Exception {
        Observer observer = new Observer();
        CompletableFuture<Channel> pending = new CompletableFuture<>();
        Channel listener = mesh.listen(mesh.server(observer)
                .option(MeshChannelOption.AUTO_ACCEPT, false)
                .handler(new ChildTap(pending)));
        ChannelFuture attempt = mesh.client(new Observer()).connect(listener.localAddress());
        MeshSocketChannel child = (MeshSocketChannel) pending.get(10, TimeUnit.SECONDS);
        assertThat(child.isRegistered()).isTrue();
        assertThat(child.isActive()).isFalse();
        assertThat(child.isOpen()).isTrue();
        assertThat(child.remoteAddress().getAddress()).isEqualTo(MeshPair.EDGE.toInetAddress());
        assertThat(attempt.isDone()).isFalse();

        await(child.accept());
        observer.awaitEvent("active");
        Channel client = await(attempt);
        await(client.writeAndFlush(Unpooled.copyInt(7)));
        observer.awaitBytes(4);
        await(client.close());
        await(listener.close());
    }

    @Test
    void a_refused_pending_child_is_a_refusal_for_the_client() throws Exception {
        Observer observer = new Observer();
        CompletableFuture<Channel> pending = new CompletableFuture<>();
        Channel listener = mesh.listen(mesh.server(observer)
                .option(MeshChannelOption.AUTO_ACCEPT, false)
                .handler(new ChildTap(pending)));
        ChannelFuture attempt = mesh.client(new Observer()).connect(listener.localAddress());
        MeshSocketChannel child = (MeshSocketChannel) pending.get(10, TimeUnit.SECONDS);
        await(child.refuse());
        assertThatThrownBy(() -> await(attempt))
                .hasCauseInstanceOf(ConnectException.class)
                .hasMessageContaining("Connection refused");
        observer.awaitEvent("unregistered");
        assertThat(observer.events()).containsExactly("unregistered");
        assertThatThrownBy(() -> await(child.accept())).isNotNull();
        await(listener.close());
    }

    @Test
    void a_pending_child_whose_client_goes_away_is_closed() throws Exception {
        CompletableFuture<Channel> pending = new CompletableFuture<>();
        Channel listener = mesh.listen(mesh.server(new Observer())
                .option(MeshChannelOption.AUTO_ACCEPT, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 100)
                .handler(new ChildTap(pending)));
        ChannelFuture attempt = mesh.client(new Observer()).connect(listener.localAddress());
        Channel child = pending.get(10, TimeUnit.SECONDS);
        await(attempt.channel().close());
        await(child.closeFuture());
        assertThat(child.isActive()).isFalse();
        await(listener.close());
    }

    @Test
    void only_a_pending_child_can_be_accepted() throws Exception {
        Connection connection = mesh.connect();
        await(connection.child().accept());
        var unconnected = (MeshSocketChannel) await(mesh.client(new Observer()).register());
        assertThatThrownBy(() -> await(unconnected.accept())).hasCauseInstanceOf(IllegalStateException.class);
        await(unconnected.close());
        connection.close();
    }

    @Test
    void closing_the_server_refuses_newcomers_and_keeps_its_children() throws Exception {
        Connection connection = mesh.connect();
        var address = connection.client().remoteAddress();
        assertThatThrownBy(() -> await(mesh.client(new Observer()).connect(address)))
                .hasCauseInstanceOf(ConnectException.class);
        await(connection.client().writeAndFlush(Unpooled.copyInt(7)));
        connection.atChild().awaitBytes(4);
        connection.close();
    }
}
