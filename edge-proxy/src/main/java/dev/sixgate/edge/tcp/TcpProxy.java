package dev.sixgate.edge.tcp;

import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.upstream.Serving;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import org.jspecify.annotations.Nullable;

/** Serves a client connection as raw TCP: one backend for its whole life, bytes passed on as they come. */
public final class TcpProxy {
    /** Backends tried before the client is told that none can be reached. */
    public static final int MAX_ATTEMPTS = 3;

    private TcpProxy() {}

    /**
     * Appends the proxy to the pipeline of a connection that was just accepted, or whose TLS handshake just ended. Reading
     * stops until a backend is connected.
     *
     * @param sni the name in the client's ClientHello, which chooses the service; null: none
     */
    public static void install(
            ChannelPipeline pipeline, Serving serving, ConnectionContext connection, @Nullable String sni) {
        pipeline.channel().config().setAutoRead(false);
        pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        pipeline.addLast("tcp", new Splice(serving, connection, sni).downstream());
    }
}
