package dev.sixgate.edge.http3;

import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.upstream.ClientConnection;
import dev.sixgate.edge.upstream.Serving;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.util.function.Function;

/** Makes a QUIC connection an HTTP/3 connection. */
public final class Http3Server {
    private Http3Server() {}

    /**
     * Adds the handlers of one client connection.
     *
     * @param context made once the handshake is over, from what TLS then knows
     */
    public static void install(
            QuicChannel channel, Serving serving, HttpOptions options, Function<TlsFacts, ConnectionContext> context) {
        Http3Session session =
                new Http3Session(channel, options, facts -> new ClientConnection(serving, context.apply(facts)));
        // No dynamic table: its state is memory that a client decides on.
        Http3Settings settings = new Http3Settings()
                .maxFieldSectionSize(options.maxHeaderBytes())
                .qpackMaxTableCapacity(0)
                .qpackBlockedStreams(0);
        channel.pipeline().addLast("http3-session", session);
        channel.pipeline()
                .addLast(
                        "http3",
                        new Http3ServerConnectionHandler(
                                new ChannelInitializer<QuicStreamChannel>() {
                                    @Override
                                    protected void initChannel(QuicStreamChannel stream) {
                                        stream.pipeline().addLast(new Http3Stream(session));
                                    }
                                },
                                null,
                                null,
                                new DefaultHttp3SettingsFrame(settings),
                                true));
    }
}
