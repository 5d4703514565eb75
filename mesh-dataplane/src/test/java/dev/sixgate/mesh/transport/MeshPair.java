package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.underlay.DriverOptions;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Two drivers, each on a loop of its own, that speak WireGuard over loopback UDP: the edge knows where the node is. */
final class MeshPair {
    static final Ipv6Address EDGE = Ipv6Address.parse("fdaa:0:1::1");
    static final Ipv6Address NODE = Ipv6Address.parse("fdaa:0:2::1");
    static final Ipv6Address UNREACHABLE_PEER = Ipv6Address.parse("fdaa:0:3::1");
    private static final long SECONDS = 10;

    final EventLoopGroup group;
    final MeshDriver edge;
    final MeshDriver node;

    private MeshPair(EventLoopGroup group, MeshDriver edge, MeshDriver node) {
        this.group = group;
        this.edge = edge;
        this.node = node;
    }

    static MeshPair start(Underlay underlay) throws Exception {
        return start(underlay, underlay.options());
    }

    static MeshPair start(Underlay underlay, DriverOptions options) throws Exception {
        var random = new SecureRandom();
        PrivateKey edgeKey = PrivateKey.generate(random);
        PrivateKey nodeKey = PrivateKey.generate(random);
        PublicKey nobody = PrivateKey.generate(random).publicKey();
        var group = new MultiThreadIoEventLoopGroup(2, underlay.ioHandlerFactory());
        MeshDriver node = await(MeshDriver.start(
                group.next(), config(nodeKey, NODE, peer(edgeKey.publicKey(), EDGE, null)), 0, options));
        var nodeEndpoint =
                new InetSocketAddress("127.0.0.1", node.underlayAddress().getPort());
        MeshDriver edge = await(MeshDriver.start(
                group.next(),
                config(
                        edgeKey,
                        EDGE,
                        peer(nodeKey.publicKey(), NODE, nodeEndpoint),
                        peer(nobody, UNREACHABLE_PEER, nodeEndpoint)),
                0,
                options));
        return new MeshPair(group, edge, node);
    }

    private static MeshConfig config(PrivateKey key, Ipv6Address address, PeerConfig... peers) {
        return new MeshConfig(key, List.of(new Ipv6Prefix(address, 128)), MeshConfig.DEFAULT_MTU, List.of(peers));
    }

    private static PeerConfig peer(PublicKey key, Ipv6Address address, @Nullable InetSocketAddress endpoint) {
        return new PeerConfig(
                address.toString(), key, null, endpoint, List.of(new Ipv6Prefix(address, 128)), Duration.ZERO);
    }

    Bootstrap client(ChannelHandler handler) {
        return new Bootstrap()
                .group(edge.eventLoop())
                .channelFactory(() -> new MeshSocketChannel(edge))
                .handler(handler);
    }

    ServerBootstrap server(ChannelHandler childHandler) {
        return new ServerBootstrap()
                .group(node.eventLoop())
                .channelFactory(() -> new MeshServerSocketChannel(node))
                .childHandler(childHandler);
    }

    Channel listen(ServerBootstrap server) throws Exception {
        return await(server.bind(at(NODE, 0)));
    }

    /** A connection of two observed channels; the server stops listening when both are there. */
    Connection connect() throws Exception {
        return connect(client(new Observer()), server(new Observer()));
    }

    Connection connect(Bootstrap client, ServerBootstrap server) throws Exception {
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Channel listener = listen(server.clone().handler(new ChildTap(accepted)));
        Channel connected = await(client.connect(listener.localAddress()));
        Channel child = accepted.get(SECONDS, TimeUnit.SECONDS);
        await(listener.close());
        return new Connection(
                (MeshSocketChannel) connected,
                (MeshSocketChannel) child,
                connected.pipeline().get(Observer.class),
                child.pipeline().get(Observer.class));
    }

    static InetSocketAddress at(Ipv6Address address, int port) {
        return new InetSocketAddress(address.toInetAddress(), port);
    }

    static Channel await(ChannelFuture future) throws Exception {
        future.get(SECONDS, TimeUnit.SECONDS);
        return future.channel();
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.get(SECONDS, TimeUnit.SECONDS);
    }

    /** What {@code call} gives on the loop of the channel. */
    static <T> T on(Channel channel, Callable<T> call) throws Exception {
        return on(channel.eventLoop(), call);
    }

    static <T> T on(EventLoop loop, Callable<T> call) throws Exception {
        return await(loop.submit(call));
    }

    void close() throws Exception {
        await(edge.close());
        await(node.close());
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** The observers are what was in the pipelines at first; a pipeline forgets its handlers when the channel closes. */
    record Connection(
            MeshSocketChannel client,
            MeshSocketChannel child,
            @Nullable Observer atClient,
            @Nullable Observer atChild) {
        void close() throws Exception {
            await(client.close());
            await(child.close());
        }
    }
}
