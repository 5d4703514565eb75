package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestId;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.http1.Http1Server;
import dev.sixgate.edge.http2.Http2Server;
import dev.sixgate.edge.proxyprotocol.ProxyHeader;
import dev.sixgate.edge.tcp.TcpProxy;
import dev.sixgate.edge.tls.TlsTermination;
import dev.sixgate.edge.upstream.Serving;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import java.net.InetSocketAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the pipeline of each connection that one port accepts. */
@Sharable
final class ConnectionSetup extends ChannelInitializer<Channel> {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionSetup.class);
    private static final String H2 = "h2";

    /** What a port serves. */
    interface Door {
        /** Null: nothing any more. */
        @Nullable
        PortPlan plan();

        Serving serving();
    }

    private final Listeners listeners;
    private final int port;
    private final Door door;

    ConnectionSetup(Listeners listeners, int port, Door door) {
        this.listeners = listeners;
        this.port = port;
        this.door = door;
    }

    @Override
    protected void initChannel(Channel channel) {
        PortPlan plan = door.plan();
        InetSocketAddress client = (InetSocketAddress) channel.remoteAddress();
        InetSocketAddress local = (InetSocketAddress) channel.localAddress();
        // Null addresses: reset before it was accepted. Null plan: the port was taken out of use meanwhile.
        if (plan == null || client == null || local == null) {
            channel.close();
        } else if (!listeners.admit(channel, client.getAddress())) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        } else if (plan.expectsProxyHeader(client.getAddress()))
            channel.pipeline().addLast("proxy-header", new ProxyHeaderHandler(new BehindProxy(plan, client, local)));
        else begin(channel.pipeline(), new Ends(plan, client, local, null));
    }

    /** @param proxy who connected in the client's name; null: the client itself */
    private record Ends(
            PortPlan plan,
            InetSocketAddress client,
            InetSocketAddress local,
            @Nullable InetSocketAddress proxy) {}

    private void begin(ChannelPipeline pipeline, Ends ends) {
        if (ends.plan.tls())
            listeners.tls().install(pipeline, ends.plan.binding().tls(), new Inside(ends));
        else if (ends.plan.bySni()) ClientHelloHandler.install(pipeline, new PassedThrough(ends));
        else install(pipeline, ends, null, null);
    }

    private void install(ChannelPipeline pipeline, Ends ends, @Nullable TlsFacts facts, @Nullable String alpn) {
        ConnectionContext context = context(pipeline.channel(), ends, facts, alpn);
        if (!ends.plan.http()) TcpProxy.install(pipeline, door.serving(), context, facts == null ? null : facts.sni());
        else if (H2.equals(alpn)) Http2Server.install(pipeline, door.serving(), context);
        else Http1Server.install(pipeline, door.serving(), context);
        finish(pipeline);
    }

    private ConnectionContext context(Channel channel, Ends ends, @Nullable TlsFacts facts, @Nullable String alpn) {
        return new ConnectionContext(
                ends.client,
                ends.local,
                port,
                facts,
                alpn,
                ends.proxy,
                ends.plan.binding().http(),
                () -> DrainNotice.isGiven(channel),
                listeners.trusted(),
                ends.plan.altSvc());
    }

    private void finish(ChannelPipeline pipeline) {
        pipeline.addLast("backstop", Backstop.INSTANCE);
        // Whoever was shaking hands when the drain began has not heard of it.
        if (listeners.isDraining()) DrainNotice.give(pipeline.channel());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.error("a connection to port {} could not be set up: {}", port, cause.toString());
        context.close();
    }

    /** A connection that ended before anything was asked on it. */
    private abstract class Unborn {
        final Ends ends;
        private final Instant acceptedAt = Instant.now();
        final long acceptedNanos = System.nanoTime();

        Unborn(Ends ends) {
            this.ends = ends;
        }

        final RequestRecord record(Reason reason, String why) {
            RequestRecord record =
                    new RequestRecord(RequestId.next(), acceptedAt, acceptedNanos, ends.client, ends.local);
            record.proxy = ends.proxy;
            record.fail(reason, Side.CLIENT, why);
            record.endNanos = System.nanoTime();
            return record;
        }
    }

    private final class Inside extends Unborn implements TlsTermination.Outcome {
        Inside(Ends ends) {
            super(ends);
        }

        @Override
        public void established(ChannelPipeline pipeline, TlsFacts facts, @Nullable String alpn) {
            install(pipeline, ends, facts, alpn);
        }

        @Override
        public void failed(ChannelPipeline pipeline, @Nullable String sni, String why) {
            RequestRecord record = record(Reason.TLS_HANDSHAKE, why);
            record.protocol = "tls";
            record.sni = sni;
            record.tlsHandshakeNanos = record.endNanos - acceptedNanos;
            door.serving().recorder().finish(record);
        }
    }

    private final class PassedThrough extends Unborn implements ClientHelloHandler.Outcome {
        PassedThrough(Ends ends) {
            super(ends);
        }

        @Override
        public void named(ChannelPipeline pipeline, @Nullable String sni) {
            TcpProxy.install(pipeline, door.serving(), context(pipeline.channel(), ends, null, null), sni);
            finish(pipeline);
        }

        @Override
        public void failed(String why) {
            RequestRecord record = record(Reason.TLS_HANDSHAKE, why);
            record.protocol = "tls";
            door.serving().recorder().finish(record);
        }
    }

    private final class BehindProxy extends Unborn implements ProxyHeaderHandler.Outcome {
        BehindProxy(PortPlan plan, InetSocketAddress proxy, InetSocketAddress local) {
            super(new Ends(plan, proxy, local, null));
        }

        @Override
        public void read(ChannelPipeline pipeline, ProxyHeader header) {
            boolean local = header.source() == null || header.destination() == null;
            begin(pipeline, local ? ends : new Ends(ends.plan, header.source(), header.destination(), ends.client));
        }

        @Override
        public void failed(String why) {
            door.serving().recorder().finish(record(Reason.PROXY_HEADER, why));
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
