package dev.sixgate.edge.upstream;

import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.BackendTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import javax.net.ssl.SSLException;

/** Connects to a backend as its service says: TCP, and TLS on it with name and protocol checked, before anything is sent. */
public final class BackendDialer {
    private final UpstreamConnector connector;
    private final BackendTlsContexts contexts;

    BackendDialer(UpstreamConnector connector, BackendTlsContexts contexts) {
        this.connector = connector;
        this.contexts = contexts;
    }

    /**
     * For other questions than requests.
     *
     * @param timeout for TCP, and then again for TLS
     * @param handler of the new channel, behind TLS
     * @return done when something may be sent; fails as {@link UpstreamConnector#connect}, and with SSLException
     */
    public ChannelFuture dial(
            EventLoop loop,
            Backend backend,
            int port,
            BackendProtocol protocol,
            Duration timeout,
            ChannelHandler handler) {
        BackendKey key = new BackendKey(backend.address(), port, backend.insecureDirect(), protocol);
        return dial(loop, backend, key, timeout, handler);
    }

    /**
     * @param timeout for TCP, and then again for TLS
     * @param handler of the new channel, behind TLS
     * @return done when requests may be sent; fails as {@link UpstreamConnector#connect}, and with SSLException
     */
    ChannelFuture dial(EventLoop loop, Backend backend, BackendKey key, Duration timeout, ChannelHandler handler) {
        BackendTls tls = key.protocol().tls();
        if (tls == null) return connector.connect(loop, backend, key.port(), timeout, handler, key.client());
        ChannelFuture tcp = connector.connect(
                loop,
                backend,
                key.port(),
                timeout,
                new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) throws Exception {
                        SslContext context = contexts.get(tls, key.protocol());
                        SslHandler ssl = context.newHandler(channel.alloc(), tls.serverName(), key.port());
                        ssl.setHandshakeTimeoutMillis(timeout.toMillis());
                        channel.pipeline().addLast("tls", ssl).addLast(handler);
                    }
                },
                key.client());
        ChannelPromise ready = tcp.channel().newPromise();
        tcp.addListener(connected -> {
            SslHandler ssl = tcp.channel().pipeline().get(SslHandler.class);
            if (!connected.isSuccess()) ready.tryFailure(connected.cause());
            else if (ssl == null) ready.tryFailure(new SSLException("TLS could not be set up"));
            else
                ssl.handshakeFuture().addListener(shaken -> {
                    String chosen = ssl.applicationProtocol();
                    if (!shaken.isSuccess()) fail(ready, shaken.cause());
                    else if (speaks(key.protocol(), chosen)) ready.trySuccess();
                    else fail(ready, new SSLException("the backend does not agree on " + BackendTlsContexts.HTTP_2));
                });
        });
        return ready;
    }

    /** A server without ALPN speaks HTTP/1.1. */
    private static boolean speaks(BackendProtocol protocol, @org.jspecify.annotations.Nullable String chosen) {
        return !protocol.http2() || BackendTlsContexts.HTTP_2.equals(chosen);
    }

    private static void fail(ChannelPromise ready, Throwable cause) {
        ready.tryFailure(
                cause instanceof ClosedChannelException
                        ? new SSLException("the backend closed the connection")
                        : cause);
        ready.channel().close();
    }
}
