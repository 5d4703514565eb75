package dev.sixgate.edge.listener;

import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http3.Http3Server;
import dev.sixgate.edge.servicemap.HttpOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.EpollQuicUtils;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One UDP port of one address, for HTTP/3. All its connections live on the loop that the socket is on. Since they need the
 * socket to the last, a socket that is no longer wanted takes no new connection and closes after its last one.
 */
final class QuicSocket {
    /** Handshakes under way beyond which clients must show that they own their address. */
    static final int UNVALIDATED_HANDSHAKES = 256;

    private static final Logger LOG = LoggerFactory.getLogger(QuicSocket.class);
    private static final int STREAM_WINDOW_BYTES = 256 << 10;
    private static final int CONNECTION_WINDOW_BYTES = 1 << 20;
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;
    private static final int DATAGRAM_BYTES = 2048;
    private static final int TRAIN_SEGMENTS = 16;

    private final Listeners listeners;
    private final int port;
    private final Channel channel;
    // On the socket's loop:
    private int connections;
    private int handshakes;
    private boolean retired;

    /**
     * Binds, and reads nothing before {@link #open}. Blocks; not for an event loop.
     *
     * @param given a bound socket; null: none
     * @throws ListenException with the operating system's words, to be put in a sentence
     */
    QuicSocket(
            Listeners listeners,
            EventLoop loop,
            SocketTransport transport,
            InetSocketAddress address,
            @Nullable Integer given,
            QuicSslContext tls,
            HttpOptions options)
            throws ListenException {
        this.listeners = listeners;
        this.port = address.getPort();
        QuicServerCodecBuilder codec = Http3.newQuicServerCodecBuilder()
                .sslContext(tls)
                .maxIdleTimeout(options.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .initialMaxData(CONNECTION_WINDOW_BYTES)
                .initialMaxStreamDataBidirectionalLocal(STREAM_WINDOW_BYTES)
                .initialMaxStreamDataBidirectionalRemote(STREAM_WINDOW_BYTES)
                .initialMaxStreamsBidirectional(options.maxConcurrentStreams())
                .activeMigration(true)
                .tokenHandler(new RetryTokens(() -> handshakes >= UNVALIDATED_HANDSHAKES, System::currentTimeMillis))
                .handler(new ChannelInitializer<QuicChannel>() {
                    @Override
                    protected void initChannel(QuicChannel connection) {
                        begin(connection);
                    }
                });
        if (transport == SocketTransport.EPOLL)
            codec.option(
                    QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                    EpollQuicUtils.newSegmentedAllocator(TRAIN_SEGMENTS));
        ChannelHandler handler = codec.build();
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channelFactory(given == null ? transport::datagramChannel : () -> new EpollDatagramChannel(given))
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(DATAGRAM_BYTES))
                .handler(handler);
        ChannelFuture binding = given == null ? bootstrap.bind(address) : bootstrap.register();
        if (!binding.awaitUninterruptibly().isSuccess())
            throw new ListenException(String.valueOf(binding.cause().getMessage()));
        channel = binding.channel();
    }

    void open() {
        channel.config().setAutoRead(true);
    }

    /** Takes no new connection, and closes after the last one. */
    void retire() {
        channel.eventLoop().execute(() -> {
            retired = true;
            closeIfUnused();
        });
    }

    Channel channel() {
        return channel;
    }

    ChannelFuture close() {
        return channel.close();
    }

    private void closeIfUnused() {
        if (retired && connections == 0) channel.close();
    }

    private void begin(QuicChannel connection) {
        PortPlan plan = listeners.plan(port);
        connections++;
        connection.closeFuture().addListener(_ -> {
            connections--;
            closeIfUnused();
        });
        InetSocketAddress client = (InetSocketAddress) connection.remoteSocketAddress();
        boolean unwanted = retired || plan == null || listeners.isDraining() || client == null;
        if (unwanted || !listeners.admit(connection, client.getAddress())) {
            connection.close();
            return;
        }
        handshakes++;
        connection.pipeline().addLast("handshake", new Handshake());
        Http3Server.install(
                connection,
                listeners.serving(),
                plan.binding().http(),
                facts -> new ConnectionContext(
                        (InetSocketAddress) connection.remoteSocketAddress(),
                        (InetSocketAddress) connection.localSocketAddress(),
                        port,
                        facts,
                        "h3",
                        null,
                        plan.binding().http(),
                        () -> DrainNotice.isGiven(connection),
                        listeners.trusted(),
                        null));
    }

    /** Counts handshakes under way, and is gone with that. */
    private final class Handshake extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            context.fireUserEventTriggered(event);
            if (event instanceof SslHandshakeCompletionEvent) context.pipeline().remove(this);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            handshakes--;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("a QUIC handshake with {} failed: {}", context.channel().remoteAddress(), cause.toString());
            context.close();
        }
    }
}
