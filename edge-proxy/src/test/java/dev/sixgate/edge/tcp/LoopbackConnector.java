package dev.sixgate.edge.tcp;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.upstream.UpstreamConnector;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;

/** Kernel sockets on a NIO loop, for tests without a mesh. */
final class LoopbackConnector implements UpstreamConnector {
    private final ByteBufAllocator memory;

    LoopbackConnector(ByteBufAllocator memory) {
        this.memory = memory;
    }

    @Override
    public ChannelFuture connect(EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout.toMillis())
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.ALLOCATOR, memory)
                .handler(handler)
                .connect(backend.address(), port);
    }

    @Override
    public void describe(Channel channel, RequestRecord record) {}
}
