package dev.sixgate.edge.tcp;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestId;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.proxyprotocol.ProxyHeaderWriter;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.Router;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.ProxyProtocol.Detail;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.upstream.BackendPicker;
import dev.sixgate.edge.upstream.ClientKey;
import dev.sixgate.edge.upstream.ConnectFailure;
import dev.sixgate.edge.upstream.LoopClock;
import dev.sixgate.edge.upstream.Serving;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client connection and its backend connection, joined. Both live on the client's event loop, which is the only thread
 * in here. What one side sends is written to the other at once; when the other's send buffer is full the side is read no
 * more. An end of input becomes an end of output, a reset a reset.
 */
final class Splice {
    /** A client may have sent as much before its backend is connected (its receive window, when it also closed). */
    static final int MAX_EARLY_BYTES = 8 << 20;

    private final Serving serving;
    private final ConnectionContext connection;
    private final @Nullable String sni;
    private final Downstream downstream = new Downstream();
    private final Upstream upstream = new Upstream();
    private final Queue<ByteBuf> early = new ArrayDeque<>();

    private Channel client;
    private RequestRecord record;
    private Ticker clock;
    private Route route;
    private TcpOptions options;
    private @Nullable BackendPicker picker;
    private @Nullable Channel backend; // null until connected
    private @Nullable ChannelFuture connecting;
    private @Nullable Lease lease;
    private @Nullable ConnectFailure failure;
    private @Nullable ScheduledFuture<?> idleCheck;
    private @Nullable ScheduledFuture<?> lifetime;
    private long lastByteNanos;
    private int earlyBytes;
    private boolean clientEnded; // its input
    private boolean backendEnded;
    private boolean clientToldEnd; // its output
    private boolean backendToldEnd;
    private boolean over;

    @SuppressWarnings("NullAway.Init") // these are set when the handler is added
    Splice(Serving serving, ConnectionContext connection, @Nullable String sni) {
        this.serving = serving;
        this.connection = connection;
        this.sni = sni;
    }

    ChannelInboundHandler downstream() {
        return downstream;
    }

    private void begin(Channel accepted) {
        client = accepted;
        clock = LoopClock.of(accepted.eventLoop());
        long now = clock.nanoTime();
        lastByteNanos = now;
        record = new RequestRecord(RequestId.next(), Instant.now(), now, connection.client(), connection.local());
        record.proxy = connection.proxy();
        TlsFacts tls = connection.tls();
        if (tls != null) {
            record.protocol = "tls";
            record.tlsVersion = tls.version();
            record.tlsCipher = tls.cipher();
            record.tlsHandshakeNanos = tls.handshakeNanos();
        }
        record.sni = sni;
        Router.Decision decision = serving.router().route(connection.port(), sni == null ? "" : sni);
        record.rejectedRules = decision.rejected();
        Route route = decision.route();
        if (route == null) {
            record.fail(Reason.NO_ROUTE, Side.EDGE, null);
            abort();
            return;
        }
        record.app = route.app().name();
        record.service = route.service().name();
        record.rule = route.rule();
        this.route = route;
        options = route.port().tcp();
        picker = new BackendPicker(
                serving,
                Protocol.TCP,
                accepted.eventLoop(),
                ClientKey.call(route, connection.client(), null, record),
                record,
                new Picking());
        picker.pick();
        if (over) return;
        if (options.maxLifetime().isPositive())
            lifetime = client.eventLoop()
                    .schedule(
                            () -> expire(Reason.MAX_LIFETIME, "after " + options.maxLifetime()),
                            options.maxLifetime().toNanos(),
                            TimeUnit.NANOSECONDS);
        if (options.idleTimeout().isPositive()) watchIdle(options.idleTimeout().toNanos());
    }

    private final class Picking implements BackendPicker.Picked {
        @Override
        public void none(boolean allTried, Reason reason, String detail) {
            if (allTried && failure != null) failure.writeTo(record);
            else record.fail(reason, reason == Reason.DENIED_BY_POLICY ? Side.CLIENT : Side.EDGE, detail);
            abort();
        }

        @Override
        public void picked(Lease picked) {
            connect(picked);
        }
    }

    private void connect(Lease picked) {
        long startNanos = clock.nanoTime();
        lease = picked;
        Backend chosen = picked.backend();
        int port = chosen.port() != 0 ? chosen.port() : route.service().internalPort();
        if (picker != null) picker.tried(chosen.name());
        record.attempts++;
        record.backend = chosen.name();
        record.region = chosen.region();
        record.backendAddress = new InetSocketAddress(chosen.address(), port);
        connecting = serving.connector()
                .connect(
                        client.eventLoop(),
                        chosen,
                        port,
                        options.connectTimeout(),
                        upstream,
                        route.service().embedsClient() ? connection.client().getAddress() : null);
        connecting.addListener((ChannelFuture done) -> {
            long tookNanos = clock.nanoTime() - startNanos;
            if (over) {
                if (done.isSuccess()) reset(done.channel());
            } else if (done.isSuccess()) connected(done.channel(), tookNanos);
            else {
                serving.connector().describe(done.channel(), record);
                connecting = null;
                failure = ConnectFailure.of(done.cause(), chosen, port, tookNanos, record);
                picked.failed(clock.nanoTime());
                lease = null;
                if (record.attempts < TcpProxy.MAX_ATTEMPTS && picker != null) picker.pick();
                else {
                    failure.writeTo(record);
                    abort();
                }
            }
        });
    }

    private void connected(Channel channel, long tookNanos) {
        backend = channel;
        record.connectNanos = tookNanos;
        if (lease != null) {
            lease.answered(0, tookNanos, clock.nanoTime()); // that it was accepted is all that can be known
            lease.reached();
        }
        ByteBuf head = proxyHeader();
        if (head != null) channel.write(head, channel.voidPromise());
        for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll())
            channel.write(bytes, channel.voidPromise());
        channel.flush();
        if (clientEnded) endOutputOf(Side.BACKEND);
        // Either of the writes above may have found the connection broken.
        if (over) return;
        client.config().setAutoRead(channel.isWritable());
        channel.config().setAutoRead(true);
    }

    /** What the backend is told of the client before the client's own bytes; null when the port says nothing. */
    private @Nullable ByteBuf proxyHeader() {
        ProxyProtocol words = route.port().proxyProtocol();
        if (words.send() == null) return null;
        ByteBuf head = client.alloc().buffer(512);
        switch (words.send()) {
            case V1 -> ProxyHeaderWriter.writeV1(head, connection.client(), connection.local());
            case V2 -> {
                TlsFacts tls = connection.tls();
                ProxyHeaderWriter.Details details = new ProxyHeaderWriter.Details(
                        words.details().contains(Detail.AUTHORITY) ? record.sni : null,
                        words.details().contains(Detail.ALPN) ? connection.alpn() : null,
                        words.details().contains(Detail.TLS) ? tls : null,
                        words.details().contains(Detail.UNIQUE_ID) ? record.id : null);
                ProxyHeaderWriter.writeV2(head, connection.client(), connection.local(), details);
            }
        }
        return head;
    }

    private void pass(Side from, ByteBuf bytes) {
        lastByteNanos = clock.nanoTime();
        int count = bytes.readableBytes();
        Channel to = from == Side.CLIENT ? backend : client;
        if (from == Side.CLIENT) record.requestBytes += count;
        else {
            if (record.firstByteNanos == 0) record.firstByteNanos = lastByteNanos;
            record.responseBytes += count;
        }
        if (over || to == client && clientToldEnd) bytes.release();
        else if (to != null) to.write(bytes, to.voidPromise());
        else {
            early.add(bytes);
            earlyBytes += count;
            if (earlyBytes <= MAX_EARLY_BYTES) return;
            record.fail(Reason.OVERLOADED, Side.EDGE, "the client sent too much before its backend was connected");
            abort();
        }
    }

    private void readComplete(Side from) {
        if (over || backend == null) return;
        Channel to = from == Side.CLIENT ? backend : client;
        to.flush();
        if (!to.isWritable()) (from == Side.CLIENT ? client : backend).config().setAutoRead(false);
    }

    /** The send buffer of {@code side} filled up or drained: its source is read accordingly. */
    private void writabilityChanged(Side side) {
        if (over || backend == null) return;
        if (side == Side.CLIENT) backend.config().setAutoRead(client.isWritable());
        else client.config().setAutoRead(backend.isWritable());
    }

    private void inputEnded(Side side) {
        if (over || (side == Side.CLIENT ? clientEnded : backendEnded)) return;
        if (record.closedBy == null) record.closedBy = side;
        if (side == Side.CLIENT) clientEnded = true;
        else backendEnded = true;
        if (backend != null) endOutputOf(side == Side.CLIENT ? Side.BACKEND : Side.CLIENT);
    }

    /** After all that was written to it; shutting down at once would drop what is still queued. */
    private void endOutputOf(Side side) {
        Channel to = side == Side.CLIENT ? client : backend;
        if (to == null) return;
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            if (over) return;
            if (!written.isSuccess()) {
                broken(side, written.cause());
                return;
            }
            SslHandler tls = to.pipeline().get(SslHandler.class);
            if (tls == null) shutdownOutput(side, to);
            else tls.closeOutbound().addListener(_ -> shutdownOutput(side, to));
        });
    }

    private void shutdownOutput(Side side, Channel to) {
        if (over) return;
        ((DuplexChannel) to).shutdownOutput().addListener(_ -> {
            if (side == Side.CLIENT) clientToldEnd = true;
            else backendToldEnd = true;
            if (clientToldEnd && backendToldEnd) finish(false);
        });
    }

    /** A reset, or a write that cannot be made any more: the other side learns it as a reset. */
    private void broken(Side side, Throwable cause) {
        if (over) return;
        Reason reason = side == Side.CLIENT
                ? Reason.CLIENT_RESET
                : record.responseBytes == 0 ? Reason.BACKEND_RESET : Reason.BACKEND_RESET_MID_BODY;
        record.closedBy = null; // an end of input before the break does not make that side its cause
        record.fail(reason, side, cause.getMessage());
        abort();
    }

    private void expire(Reason reason, String detail) {
        if (over) return;
        record.fail(reason, Side.EDGE, detail);
        finish(false);
    }

    private void watchIdle(long delayNanos) {
        idleCheck = client.eventLoop()
                .schedule(
                        () -> {
                            long left = options.idleTimeout().toNanos() - (clock.nanoTime() - lastByteNanos);
                            if (left > 0) watchIdle(left);
                            else expire(Reason.IDLE_TIMEOUT, "no byte either way for " + options.idleTimeout());
                        },
                        delayNanos,
                        TimeUnit.NANOSECONDS);
    }

    private void abort() {
        finish(true);
    }

    private void finish(boolean byReset) {
        if (over) return;
        over = true;
        if (idleCheck != null) idleCheck.cancel(false);
        if (lifetime != null) lifetime.cancel(false);
        early.forEach(ByteBuf::release);
        early.clear();
        if (backend != null) serving.connector().describe(backend, record);
        if (picker != null) picker.cancel();
        if (lease != null) {
            // A connected backend has worked, however it ended: a client could provoke any later reset.
            if (backend != null) lease.succeeded(clock.nanoTime());
            else lease.abandoned();
        }
        // Before the channels close: who sees the end can ask for the record at once.
        record.endNanos = clock.nanoTime();
        serving.recorder().finish(record);
        if (backend != null) close(backend, byReset);
        else if (connecting != null) connecting.channel().close();
        close(client, byReset);
    }

    private static void close(Channel channel, boolean byReset) {
        if (byReset) reset(channel);
        else channel.close();
    }

    private static void reset(Channel channel) {
        if (channel.isActive()) channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    private final class Downstream extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            begin(context.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            pass(Side.CLIENT, (ByteBuf) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            readComplete(Side.CLIENT);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            writabilityChanged(Side.CLIENT);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            switch (event) {
                case ChannelInputShutdownEvent _ -> inputEnded(Side.CLIENT);
                // The engine answers close_notify with its own, so nothing can be sent to this client any more.
                case SslCloseCompletionEvent closed
                when closed.isSuccess() -> {
                    clientToldEnd = true;
                    inputEnded(Side.CLIENT);
                }
                default -> context.fireUserEventTriggered(event);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            broken(Side.CLIENT, cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            broken(Side.CLIENT, new java.nio.channels.ClosedChannelException());
        }
    }

    private final class Upstream extends ChannelInboundHandlerAdapter {
        @Override
        public boolean isSharable() {
            return true; // a retry puts it into a second channel, after the first has failed
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            pass(Side.BACKEND, (ByteBuf) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            readComplete(Side.BACKEND);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            writabilityChanged(Side.BACKEND);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) inputEnded(Side.BACKEND);
            else context.fireUserEventTriggered(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (context.channel() == backend) broken(Side.BACKEND, cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (context.channel() == backend) broken(Side.BACKEND, new java.nio.channels.ClosedChannelException());
        }
    }
}
