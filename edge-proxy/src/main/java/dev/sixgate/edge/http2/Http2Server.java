package dev.sixgate.edge.http2;

import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.upstream.Serving;
import io.netty.channel.ChannelPipeline;

/** Contract; bodies follow. */
public final class Http2Server {
    private Http2Server() {}

    /** Adds the handlers of one client connection to the end of {@code pipeline}; what is already there decrypts. */
    public static void install(ChannelPipeline pipeline, Serving serving, ConnectionContext connection) {
        throw new UnsupportedOperationException();
    }
}
