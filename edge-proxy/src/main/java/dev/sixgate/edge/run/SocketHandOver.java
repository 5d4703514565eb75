package dev.sixgate.edge.run;

import dev.sixgate.edge.admin.AdminSocket;
import dev.sixgate.edge.listener.InheritedSockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Gives an edge's bound sockets to the process that takes its place, over a Unix domain socket beside the admin socket
 * (SCM_RIGHTS, unix(7)). Both processes then hold them: what connects meanwhile waits in their queues and is refused by none.
 */
public final class SocketHandOver {
    private static final String SUFFIX = ".sockets";
    private static final int SECONDS = 10;

    private SocketHandOver() {}

    static Path path(Path adminSocket) {
        return adminSocket.resolveSibling(adminSocket.getFileName() + SUFFIX);
    }

    /**
     * Whoever connects gets every socket there is at that moment.
     *
     * @param loops of epoll
     * @throws IOException with a plain sentence
     */
    static AutoCloseable open(EventLoopGroup loops, Path adminSocket, Supplier<List<FileDescriptor>> sockets)
            throws IOException {
        return AdminSocket.open(AdminSocket.Kind.SOCKETS, path(adminSocket), address -> {
            ChannelFuture bound = new ServerBootstrap()
                    .group(loops)
                    .channel(EpollServerDomainSocketChannel.class)
                    .childHandler(new Giving(sockets))
                    .bind(new DomainSocketAddress(address.getPath().toFile()))
                    .awaitUninterruptibly();
            if (!bound.isSuccess())
                throw new IOException(String.valueOf(bound.cause().getMessage()));
            return () -> bound.channel().close().awaitUninterruptibly();
        });
    }

    @io.netty.channel.ChannelHandler.Sharable
    private static final class Giving extends ChannelInboundHandlerAdapter {
        private final Supplier<List<FileDescriptor>> sockets;

        Giving(Supplier<List<FileDescriptor>> sockets) {
            this.sockets = sockets;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            for (FileDescriptor each : sockets.get()) context.write(each);
            context.writeAndFlush(context.alloc().buffer(0)).addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /**
     * Asks a running edge for its sockets; it goes on as before. Blocks.
     *
     * @param adminSocket of that edge
     * @throws IOException with a plain sentence
     */
    public static InheritedSockets take(Path adminSocket) throws IOException {
        Path path = path(adminSocket);
        List<Integer> descriptors = new ArrayList<>();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("sixgate-take-over", true), EpollIoHandler.newFactory());
        try {
            ChannelFuture connected = new Bootstrap()
                    .group(loop)
                    .channel(EpollDomainSocketChannel.class)
                    .option(EpollChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS)
                    .handler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            if (message instanceof FileDescriptor socket) descriptors.add(socket.intValue());
                        }
                    })
                    .connect(new DomainSocketAddress(path.toFile()))
                    .awaitUninterruptibly();
            if (!connected.isSuccess())
                throw new IOException("the edge's sockets cannot be taken over " + path + ": "
                        + connected.cause().getMessage());
            Channel channel = connected.channel();
            if (!channel.closeFuture().awaitUninterruptibly(SECONDS, TimeUnit.SECONDS)) {
                channel.close();
                throw new IOException("the edge did not hand its sockets over within " + SECONDS + " s");
            }
            return InheritedSockets.of(descriptors);
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(SECONDS, TimeUnit.SECONDS);
        }
    }
}
