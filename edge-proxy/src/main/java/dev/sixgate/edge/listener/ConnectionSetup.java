package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestId;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.http1.Http1Server;
import dev.sixgate.edge.http2.Http2Server;
import dev.sixgate.edge.tcp.TcpProxy;
import dev.sixgate.edge.tls.TlsTermination;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the pipeline of each connection that one port accepts. */
@Sharable
final class ConnectionSetup extends ChannelInitializer<SocketChannel> {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionSetup.class);
    private static final String H2 = "h2";

    private final Listeners listeners;
    private final int port;

    ConnectionSetup(Listeners listeners, int port) {
        this.listeners = listeners;
        this.port = port;
    }

    @Override
    protected void initChannel(SocketChannel channel) {
        PortPlan plan = listeners.plan(port);
        InetSocketAddress client = channel.remoteAddress();
        InetSocketAddress local = channel.localAddress();
        // Null addresses: reset before it was accepted. Null plan: the port was taken out of use meanwhile.
        if (plan == null || client == null || local == null) {
            channel.close();
        } else if (!listeners.admit(channel, client.getAddress())) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        } else if (plan.tls()) {
            listeners.tls().install(channel.pipeline(), plan.binding().tls(), new Inside(plan, client, local));
        } else install(channel.pipeline(), plan, client, local, null, null);
    }

    private void install(
            ChannelPipeline pipeline,
            PortPlan plan,
            InetSocketAddress client,
            InetSocketAddress local,
            @Nullable TlsFacts facts,
            @Nullable String alpn) {
        ConnectionContext context = new ConnectionContext(
                client, local, port, facts, plan.binding().http(), listeners::isDraining, listeners.trusted());
        if (!plan.http())
            TcpProxy.install(
                    pipeline, listeners.serving(), context, plan.binding().tcp());
        else if (H2.equals(alpn)) Http2Server.install(pipeline, listeners.serving(), context);
        else Http1Server.install(pipeline, listeners.serving(), context);
        pipeline.addLast("backstop", Backstop.INSTANCE);
        // Whoever was shaking hands when the drain began has not heard of it.
        if (listeners.isDraining()) pipeline.fireUserEventTriggered(DrainBegins.NOW);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.error("a connection to port {} could not be set up: {}", port, cause.toString());
        context.close();
    }

    private final class Inside implements TlsTermination.Outcome {
        private final PortPlan plan;
        private final InetSocketAddress client;
        private final InetSocketAddress local;
        private final Instant acceptedAt = Instant.now();
        private final long acceptedNanos = System.nanoTime();

        Inside(PortPlan plan, InetSocketAddress client, InetSocketAddress local) {
            this.plan = plan;
            this.client = client;
            this.local = local;
        }

        @Override
        public void established(ChannelPipeline pipeline, TlsFacts facts, @Nullable String alpn) {
            install(pipeline, plan, client, local, facts, alpn);
        }

        @Override
        public void failed(ChannelPipeline pipeline, @Nullable String sni, String why) {
            RequestRecord record = new RequestRecord(RequestId.next(), acceptedAt, acceptedNanos, client, local);
            record.protocol = "tls";
            record.sni = sni;
            record.fail(Reason.TLS_HANDSHAKE, Side.CLIENT, why);
            record.endNanos = System.nanoTime();
            record.tlsHandshakeNanos = record.endNanos - acceptedNanos;
            listeners.serving().recorder().finish(record);
        }
    }

    /** What no handler took is a fault of ours: told in one line, and it costs this connection only. */
    @Sharable
    private static final class Backstop extends ChannelInboundHandlerAdapter {
        static final Backstop INSTANCE = new Backstop();

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            Channel channel = context.channel();
            LOG.debug("connection of {} closed: {}", channel.remoteAddress(), cause.toString());
            channel.close();
        }
    }
}
