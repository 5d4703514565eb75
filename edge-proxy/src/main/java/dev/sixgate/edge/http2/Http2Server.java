package dev.sixgate.edge.http2;

import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.upstream.ClientConnection;
import dev.sixgate.edge.upstream.Serving;
import io.netty.channel.ChannelPipeline;

/** Makes a channel an HTTP/2 connection. */
public final class Http2Server {
    private Http2Server() {}

    /** Adds the handler of one client connection to the end of {@code pipeline}; what is already there decrypts. */
    public static void install(ChannelPipeline pipeline, Serving serving, ConnectionContext connection) {
        pipeline.addLast("http2", Http2Session.create(new ClientConnection(serving, connection)));
    }
}
