package dev.sixgate.edge.mesh;

import dev.sixgate.edge.admin.AdminSocket;
import dev.sixgate.mesh.uapi.UapiHandler;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/** Where {@code wg show} and {@code wg set} find a running mesh. */
public final class UapiSocket {
    /** Tools connected at a time; more are closed at once. */
    static final int MAX_CONNECTIONS = 16;

    private UapiSocket() {}

    /**
     * @param loops not the mesh's own: tools wait, packets do not
     * @throws IOException with a plain sentence when the path cannot be used
     */
    public static AutoCloseable open(EventLoopGroup loops, Path path, MeshDriver driver, PrivateKey privateKey)
            throws IOException {
        return AdminSocket.open(AdminSocket.Kind.UAPI, path, address -> listen(loops, address, driver, privateKey));
    }

    private static AutoCloseable listen(
            EventLoopGroup loops, UnixDomainSocketAddress address, MeshDriver driver, PrivateKey privateKey)
            throws IOException {
        ChannelGroup open = new DefaultChannelGroup("uapi", GlobalEventExecutor.INSTANCE);
        ChannelFuture binding = new ServerBootstrap()
                .group(loops)
                .channelFactory(NioServerDomainSocketChannel::new)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel tool) {
                        if (open.size() > MAX_CONNECTIONS) tool.close();
                        else tool.pipeline().addLast(new UapiHandler(driver, privateKey));
                        open.add(tool);
                    }
                })
                .bind(address);
        if (!binding.awaitUninterruptibly().isSuccess())
            throw new IOException(String.valueOf(binding.cause().getMessage()));
        open.add(binding.channel());
        return () -> open.close().awaitUninterruptibly();
    }
}
