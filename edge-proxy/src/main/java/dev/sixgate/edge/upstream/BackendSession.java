package dev.sixgate.edge.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP/2 connection to a backend (RFC 9113), shared by the requests of one event loop. Netty frames, compresses and
 * counts windows; this class hands out {@link BackendStream}s and knows when there will be no more of them. The connection's
 * window is refilled at once and only a stream's waits for its client, so that a slow client stops nobody else.
 */
final class BackendSession extends Http2ConnectionHandler {
    private static final Logger log = LoggerFactory.getLogger(BackendSession.class);

    /** At once on one connection, if the backend does not say fewer. */
    static final int MAX_STREAMS = 100;

    /** What a backend may send ahead of one client. */
    static final int STREAM_WINDOW_BYTES = 512 << 10;

    private static final int CONNECTION_WINDOW_BYTES = 4 << 20;
    private static final int MAX_HEADER_LIST_BYTES = 64 << 10;
    private static final int LAST_STREAM = Integer.MAX_VALUE - 2 * MAX_STREAMS;

    private final UpstreamPool pool;
    private final BackendKey key;
    private final EventLoop loop;
    private final Http2Connection.PropertyKey property;
    private final List<BackendStream> touched = new ArrayList<>(4);
    private ChannelHandlerContext ctx;
    private @Nullable ChannelFuture connecting;
    private int reserved;
    private int opened;
    private boolean ending; // no new streams
    private @Nullable String brokenBy;
    long idleSinceNanos;

    static BackendSession create(UpstreamPool pool, BackendKey key, EventLoop loop) {
        return new Builder(pool, key, loop).build();
    }

    @SuppressWarnings("NullAway.Init") // ctx stands from handlerAdded on
    private BackendSession(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            UpstreamPool pool,
            BackendKey key,
            EventLoop loop) {
        super(decoder, encoder, settings, true);
        this.pool = pool;
        this.key = key;
        this.loop = loop;
        this.property = connection().newKey();
        decoder.frameListener(new Frames());
        encoder.flowController().listener(stream -> {
            BackendStream writable = stream.getProperty(property);
            if (writable != null) writable.writabilityChanged();
        });
        connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                streamClosed(stream);
            }

            @Override
            public void onGoAwayReceived(int lastStream, long errorCode, ByteBuf debugData) {
                goingAway(lastStream);
            }
        });
    }

    private static final class Builder extends AbstractHttp2ConnectionHandlerBuilder<BackendSession, Builder> {
        private final UpstreamPool pool;
        private final BackendKey key;
        private final EventLoop loop;

        Builder(UpstreamPool pool, BackendKey key, EventLoop loop) {
            this.pool = pool;
            this.key = key;
            this.loop = loop;
            Http2Connection connection = new DefaultHttp2Connection(false, MAX_STREAMS);
            connection
                    .local()
                    .flowController(new DefaultHttp2LocalFlowController(
                            connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
            connection(connection);
            initialSettings(new Http2Settings()
                    .pushEnabled(false)
                    .initialWindowSize(STREAM_WINDOW_BYTES)
                    .maxHeaderListSize(MAX_HEADER_LIST_BYTES));
            validateHeaders(true);
            decoderEnforceMaxConsecutiveEmptyDataFrames(2);
            decoupleCloseAndGoAway(true);
        }

        @Override
        protected BackendSession build() {
            return super.build();
        }

        @Override
        protected BackendSession build(
                Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            return new BackendSession(decoder, encoder, settings, pool, key, loop);
        }
    }

    BackendKey key() {
        return key;
    }

    Channel channel() {
        return ctx.channel();
    }

    EventLoop loop() {
        return loop;
    }

    // ---- what attempts and the pool ask

    /** Once, before anything else. */
    void connecting(ChannelFuture future) {
        connecting = future;
        future.addListener(done -> {
            if (!done.isSuccess()) end();
        });
    }

    ChannelFuture connecting() {
        if (connecting == null) throw new AssertionError("nobody connects this");
        return connecting;
    }

    /** Whether one more stream may be reserved, on a connection that stands or is being made. */
    boolean hasRoom() {
        // A channel that closed is inactive before anybody is told.
        if (ending || connecting != null && connecting.isDone() && !channel().isActive()) return false;
        int limit = Math.min(MAX_STREAMS, connection().local().maxActiveStreams());
        return reserved + connection().numActiveStreams() < limit;
    }

    void reserve() {
        reserved++;
    }

    void unreserve() {
        reserved--;
    }

    /** @return null when the connection ended since the place was reserved */
    @Nullable
    BackendStream open() {
        unreserve();
        if (ending || !channel().isActive()) return null;
        return new BackendStream(this, opened++ > 0);
    }

    boolean isIdle() {
        return reserved == 0 && connection().numActiveStreams() == 0;
    }

    /** Takes no more streams, and closes after the last. */
    void end() {
        if (!ending) {
            ending = true;
            pool.forget(this);
        }
        if (ctx == null || !isIdle() || !channel().isActive()) return;
        goAway(ctx, 0, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise())
                .addListener(ChannelFutureListener.CLOSE);
        flush();
    }

    // ---- what streams ask for

    /** @return null when the stream could not be opened */
    @Nullable
    Http2Stream writeHead(BackendStream by, Http2Headers headers, boolean endOfStream) {
        int id = connection().local().incrementAndGetNextStreamId();
        if (id < 0) {
            end();
            return null;
        }
        if (id > LAST_STREAM) end();
        encoder().writeHeaders(ctx, id, headers, 0, endOfStream, ctx.newPromise());
        Http2Stream stream = connection().stream(id);
        if (stream != null) stream.setProperty(property, by);
        return stream;
    }

    void writeTrailers(Http2Stream stream, Http2Headers trailers) {
        encoder().writeHeaders(ctx, stream.id(), trailers, 0, true, ctx.newPromise());
    }

    /** Takes {@code data}. */
    void writeData(Http2Stream stream, ByteBuf data, boolean endOfStream) {
        encoder().writeData(ctx, stream.id(), data, 0, endOfStream, ctx.newPromise());
    }

    void reset(Http2Stream stream, Http2Error error) {
        resetStream(ctx, stream.id(), error.code(), ctx.newPromise());
        flush();
    }

    boolean isWritable(Http2Stream stream) {
        return encoder().flowController().isWritable(stream);
    }

    void credit(Http2Stream stream, int bytes) {
        try {
            if (connection().local().flowController().consumeBytes(stream, bytes)) flush();
        } catch (Http2Exception e) {
            onError(ctx, true, e);
        }
    }

    void flush() {
        flush(ctx);
    }

    // ---- channel events

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        ctx = context;
        context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        super.handlerAdded(context);
        if (context.channel().isActive()) begin();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        super.channelActive(context);
        begin();
    }

    private void begin() throws Http2Exception {
        ctx.channel().config().setAutoRead(true);
        Http2Stream whole = connection().connectionStream();
        int current = connection().local().flowController().initialWindowSize(whole);
        if (current < CONNECTION_WINDOW_BYTES)
            connection().local().flowController().incrementWindowSize(whole, CONNECTION_WINDOW_BYTES - current);
        idleSinceNanos = LoopClock.of(loop()).nanoTime();
        flush();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        for (BackendStream stream : touched) stream.readComplete();
        touched.clear();
        super.channelReadComplete(context);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof ChannelInputShutdownEvent) context.close();
        else if (event instanceof PeerAway) {
            if (isIdle()) context.close();
            else end();
        } else super.userEventTriggered(context, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        end();
        super.channelInactive(context); // closes every stream, which ends its exchange
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (cause instanceof IOException || cause.getCause() instanceof SSLException) {
            brokenBy = String.valueOf(cause.getMessage());
            context.close();
        } else super.exceptionCaught(context, cause);
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext context, boolean outbound, Throwable cause, @Nullable Http2Exception http2) {
        if (http2 == null && !(cause instanceof IOException))
            log.error("HTTP/2 connection to {} failed: {}", key.address(), cause.toString());
        String what = String.valueOf(cause.getMessage());
        brokenBy = what;
        if (!outbound && http2 != null) for (BackendStream stream : streams()) stream.malformed(what);
        super.onConnectionError(context, outbound, cause, http2);
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext context, boolean outbound, Throwable cause, Http2Exception.StreamException http2) {
        Http2Stream stream = connection().stream(http2.streamId());
        BackendStream known = stream == null ? null : stream.getProperty(property);
        if (known != null) known.malformed(String.valueOf(http2.getMessage()));
        super.onStreamError(context, outbound, cause, http2);
    }

    private void goingAway(int lastStream) {
        for (BackendStream stream : streams()) stream.goingAway(lastStream);
        end();
    }

    private void streamClosed(Http2Stream stream) {
        BackendStream closed = stream.removeProperty(property);
        if (closed != null) closed.closed(brokenBy);
        idleSinceNanos = LoopClock.of(loop()).nanoTime();
        // After Netty has taken the stream off its table.
        if (ending)
            loop().execute(() -> {
                if (channel().isActive()) end();
            });
    }

    private List<BackendStream> streams() {
        List<BackendStream> streams = new ArrayList<>(connection().numActiveStreams());
        try {
            connection().forEachActiveStream(stream -> {
                BackendStream known = stream.getProperty(property);
                if (known != null) streams.add(known);
                return true;
            });
        } catch (Http2Exception e) {
            throw new AssertionError("the visitor throws nothing", e);
        }
        return streams;
    }

    private final class Frames extends Http2FrameAdapter {
        @Override
        public void onHeadersRead(
                ChannelHandlerContext context,
                int streamId,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean endOfStream) {
            onHeadersRead(context, streamId, headers, padding, endOfStream);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean endOfStream) {
            BackendStream stream = known(streamId);
            if (stream != null) stream.headers(headers, endOfStream);
        }

        @Override
        public int onDataRead(
                ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endOfStream) {
            BackendStream stream = known(streamId);
            return stream == null ? data.readableBytes() + padding : stream.data(data, padding, endOfStream);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext context, int streamId, long errorCode) {
            BackendStream stream = known(streamId);
            if (stream != null) stream.reset(Http2Error.valueOf(errorCode));
        }

        private @Nullable BackendStream known(int streamId) {
            Http2Stream stream = connection().stream(streamId);
            BackendStream known = stream == null ? null : stream.getProperty(property);
            if (known != null && (touched.isEmpty() || touched.getLast() != known)) touched.add(known);
            return known;
        }
    }
}
