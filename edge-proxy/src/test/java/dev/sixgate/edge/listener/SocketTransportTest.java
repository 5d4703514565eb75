package dev.sixgate.edge.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SocketTransportTest {
    /** Fits a receive buffer, and takes many reads. */
    private static final int REST = 50_000;

    @ParameterizedTest
    @EnumSource
    void a_connection_whose_remote_closed_while_it_was_not_read_goes_on_when_it_is_read_again(SocketTransport transport)
            throws Exception {
        assumeThat(transport == SocketTransport.NIO || Epoll.isAvailable()).isTrue();
        EventLoopGroup loops = transport.newLoops(1, new DefaultThreadFactory("transport-test"));
        try {
            Received received = new Received();
            Channel server = new ServerBootstrap()
                    .group(loops)
                    .channelFactory(transport::serverChannel)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(100))
                    .childHandler(received)
                    .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
                    .sync()
                    .channel();
            try (Socket remote = new Socket()) {
                remote.connect(server.localAddress(), 10_000);
                remote.getOutputStream().write(1);
                Channel channel = received.paused.get(10, TimeUnit.SECONDS);
                remote.getOutputStream().write(new byte[REST]);
                remote.shutdownOutput();
                letLoopSeeTheEnd(channel, remote);
                channel.config().setAutoRead(true);
                assertThat(received.end.get(10, TimeUnit.SECONDS)).isEqualTo(1 + REST);
                // Its other half still works: half-closure is not the end.
                channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {7})).sync();
                assertThat(remote.getInputStream().read()).isEqualTo(7);
            }
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
        }
    }

    /** Loopback delivers FIN before shutdownOutput returns; two more rounds of the loop have seen it then. */
    private static void letLoopSeeTheEnd(Channel channel, Socket remote) throws Exception {
        assertThat(remote.isOutputShutdown()).isTrue();
        for (int round = 0; round < 2; round++)
            CompletableFuture.runAsync(() -> {}, channel.eventLoop()).get(10, TimeUnit.SECONDS);
    }

    private static final class Received extends SimpleChannelInboundHandler<ByteBuf> {
        /** After the first byte: it is not read on, as under back-pressure. */
        final CompletableFuture<Channel> paused = new CompletableFuture<>();

        final CompletableFuture<Integer> end = new CompletableFuture<>();
        private int bytes;

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            if (bytes == 0) {
                context.channel().config().setAutoRead(false);
                paused.complete(context.channel());
            }
            bytes += message.readableBytes();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) end.complete(bytes);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            end.completeExceptionally(cause);
        }
    }
}
