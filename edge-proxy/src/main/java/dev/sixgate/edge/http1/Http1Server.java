package dev.sixgate.edge.http1;

import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.upstream.ClientConnection;
import dev.sixgate.edge.upstream.Serving;
import io.netty.channel.ChannelPipeline;

/** Makes a channel an HTTP/1 connection. */
public final class Http1Server {
    private Http1Server() {}

    /** Adds the handler of one client connection to the end of {@code pipeline}; what is already there decrypts. */
    public static void install(ChannelPipeline pipeline, Serving serving, ConnectionContext connection) {
        pipeline.addLast("http1", new Http1Connection(new ClientConnection(serving, connection)));
    }
}
