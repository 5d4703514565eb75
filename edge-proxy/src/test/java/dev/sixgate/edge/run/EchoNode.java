package dev.sixgate.edge.run;

import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshDatagramChannel;
import dev.sixgate.mesh.transport.MeshServerSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A node on loopback with an echo on port 8080 of its address, by TCP, which ends when the other ends, and by UDP. */
final class EchoNode {
    static final int PORT = 8080;

    final MeshDriver driver;
    private final PrivateKey key;
    private final String address;
    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    EchoNode(PrivateKey key, String address, List<PeerConfig> edges) throws Exception {
        this.key = key;
        this.address = address;
        driver = MeshDriver.start(loop.next(), new MeshConfig(key, List.of(Ipv6Prefix.parse(address)), 1420, edges), 0)
                .sync()
                .getNow();
        new ServerBootstrap()
                .group(loop)
                .channelFactory(() -> new MeshServerSocketChannel(driver))
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Echo());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.ofLiteral(address), PORT))
                .sync();
        new Bootstrap()
                .group(loop)
                .channelFactory(() -> new MeshDatagramChannel(driver))
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                        context.writeAndFlush(
                                new DatagramPacket(packet.content().retain(), packet.sender(), packet.recipient()));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.ofLiteral(address), PORT))
                .sync();
    }

    /** How an edge knows this node. */
    PeerConfig asPeer(String name) {
        return new PeerConfig(
                name,
                key.publicKey(),
                null,
                new InetSocketAddress(
                        InetAddress.ofLiteral("127.0.0.1"),
                        driver.underlayAddress().getPort()),
                List.of(Ipv6Prefix.parse(address)),
                Duration.ZERO);
    }

    void close() throws Exception {
        driver.close().sync();
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }

        /** Behind what is still to be written: to close at once would throw that away. */
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent)
                context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
