package dev.sixgate.edge.upstream;

import dev.sixgate.edge.http.Authority;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.ForwardedFields;
import dev.sixgate.edge.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** The backend's side of one {@link Exchange}: a whole HTTP/1.1 connection, or a stream of an HTTP/2 one. On one event loop. */
interface Upstream {
    /** Why a response will not be completed. */
    enum Broken {
        BEFORE_FIRST_BYTE,
        BEFORE_HEAD,
        IN_BODY
    }

    /**
     * What the request's head is written from.
     *
     * @param host instead of the one that was asked for; null: that one
     * @param clientIpHeader null: none
     */
    record Opening(
            RequestHead request,
            ForwardedFields forwarded,
            String id,
            @Nullable Authority host,
            @Nullable String clientIpHeader) {}

    /** Starts the exchange: its head, and nothing else yet. */
    void begin(Exchange by, Opening opening);

    /** Takes a piece of the request's body, or of what follows a switch of protocols. */
    void write(ByteBuf data);

    /** The request is complete. */
    void endRequest(@Nullable Fields trailers);

    /** After a switch of protocols: no more will be written, and the backend is told so behind what was. */
    void endOutput();

    void flush();

    boolean isWritable();

    /** A client that is slow pauses its backend. */
    void setReading(boolean reading);

    /** Whether the connection served an exchange before, so that it may have died unnoticed. */
    boolean reused();

    /** Whether the backend certainly has not acted on the current request. */
    boolean headUnsent();

    /** The exchange is over, but the response is not. */
    void abandon();

    /** As {@link #abandon}, but what was written still goes out. */
    void closeAfterFlush();

    /** That carries it, for those who describe the way. */
    Channel channel();
}
