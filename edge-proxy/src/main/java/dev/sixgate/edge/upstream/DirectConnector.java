package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Reaches backends by the kernel's sockets, epoll or NIO as the client's loop has it. */
public final class DirectConnector implements UpstreamConnector {
    @Override
    public ChannelFuture connect(EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler) {
        boolean epoll = loop instanceof IoEventLoop io && io.isCompatible(EpollIoHandle.class);
        return options(new Bootstrap(), timeout)
                .group(loop)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(handler)
                .connect(backend.address(), port);
    }

    @Override
    public DatagramFlow openFlow(
            EventLoop loop, Backend backend, int port, @Nullable InetAddress client, DatagramFlow.Receiver receiver) {
        return new KernelFlow(loop, backend.address(), port, receiver);
    }

    /** What an {@link UpstreamConnector} promises of its channels, whatever carries them. */
    static Bootstrap options(Bootstrap bootstrap, Duration timeout) {
        return bootstrap
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(Integer.MAX_VALUE, timeout.toMillis()))
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                // A backend may answer and close while it is still being written to; its answer must not be lost.
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.AUTO_READ, false);
    }

    @Override
    public void describe(Channel channel, RequestRecord record) {}
}
