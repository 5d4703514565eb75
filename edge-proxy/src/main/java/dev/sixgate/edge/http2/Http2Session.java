package dev.sixgate.edge.http2;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.upstream.ClientConnection;
import dev.sixgate.edge.upstream.DeadlineTimer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection. Netty frames, compresses and counts windows; this class turns streams into exchanges and decides
 * when the connection ends. No channel per stream: a stream is an entry in Netty's table with a {@link ClientStream} on it.
 */
final class Http2Session extends Http2ConnectionHandler implements DeadlineTimer.Watched {
    private static final Logger log = LoggerFactory.getLogger(Http2Session.class);

    /** What a stream may send ahead of its backend; the connection's window holds four such. */
    private static final int STREAM_WINDOW_BYTES = 256 << 10;

    private static final int CONNECTION_WINDOW_BYTES = 1 << 20;
    private static final int MAX_RESETS = 200;
    private static final int RESET_WINDOW_SECONDS = 30;
    private static final long DRAIN_PING = 0x7369786761746521L;
    private static final long DRAIN_PING_NANOS = 2_000_000_000L;

    private final ClientConnection client;
    private final HttpOptions options;
    private final Http2Connection.PropertyKey key;
    private final List<ClientStream> toFlush = new ArrayList<>(4);
    private ChannelHandlerContext ctx;
    private DeadlineTimer timer;
    private FrameBudget budget;
    private boolean broken;
    private long lastActiveNanos;
    private int requests;
    private boolean draining;
    private long drainPingAt;
    private boolean lastGoAwaySent;

    static Http2Session create(ClientConnection client) {
        return new Builder(client).build();
    }

    @SuppressWarnings("NullAway.Init") // ctx, timer and budget stand from handlerAdded on
    private Http2Session(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            ClientConnection client) {
        super(decoder, encoder, settings, true);
        this.client = client;
        this.options = client.context().options();
        this.key = connection().newKey();
        decoder.frameListener(new Frames());
        encoder.flowController().listener(stream -> {
            ClientStream writable = stream.getProperty(key);
            if (writable != null) writable.writabilityChanged();
        });
        connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                streamClosed(stream);
            }
        });
    }

    private static final class Builder extends AbstractHttp2ConnectionHandlerBuilder<Http2Session, Builder> {
        private final ClientConnection client;

        Builder(ClientConnection client) {
            this.client = client;
            HttpOptions options = client.context().options();
            server(true);
            initialSettings(new Http2Settings()
                    .maxConcurrentStreams(options.maxConcurrentStreams())
                    .initialWindowSize(STREAM_WINDOW_BYTES)
                    .maxHeaderListSize(options.maxHeaderBytes())
                    .connectProtocolEnabled(true));
            validateHeaders(true);
            decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS);
            encoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS);
            decoderEnforceMaxConsecutiveEmptyDataFrames(2);
            decoupleCloseAndGoAway(true); // close means close; what is graceful is decided here
        }

        @Override
        protected Http2Session build() {
            return super.build();
        }

        @Override
        protected Http2Session build(
                Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            return new Http2Session(decoder, encoder, settings, client);
        }
    }

    ClientConnection client() {
        return client;
    }

    EventLoop loop() {
        return ctx.channel().eventLoop();
    }

    // ---- channel events

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        ctx = context;
        timer = new DeadlineTimer(loop(), this);
        lastActiveNanos = timer.nanoTime();
        budget = new FrameBudget(lastActiveNanos);
        timer.moved();
        context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        context.channel().config().setAutoRead(true);
        super.handlerAdded(context);
        if (context.channel().isActive()) widenConnectionWindow();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        super.channelActive(context);
        widenConnectionWindow();
    }

    private void widenConnectionWindow() throws Http2Exception {
        Http2Stream whole = connection().connectionStream();
        int current = connection().local().flowController().initialWindowSize(whole);
        if (current >= CONNECTION_WINDOW_BYTES) return;
        connection().local().flowController().incrementWindowSize(whole, CONNECTION_WINDOW_BYTES - current);
        flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        try {
            budget.inspect((ByteBuf) message, timer.nanoTime());
        } catch (Http2Exception flood) {
            ((ByteBuf) message).release();
            onError(context, false, flood);
            return;
        }
        super.channelRead(context, message);
        if (budget.isHeaderBlockOpen()) timer.moved();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        for (ClientStream stream : toFlush) stream.exchange().flush();
        toFlush.clear();
        super.channelReadComplete(context);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event == DrainBegins.NOW) beginDrain();
        else if (event == DrainBegins.OVER)
            for (ClientStream stream : streams()) stream.exchange().cut();
        else super.userEventTriggered(context, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        timer.stop();
        super.channelInactive(context); // closes every stream, which ends its exchange
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (cause instanceof IOException) context.close();
        else super.exceptionCaught(context, cause);
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext context, boolean outbound, Throwable cause, @Nullable Http2Exception http2) {
        // What a client or its network does is no error of ours; and a connection that broke says so once.
        boolean ours = http2 == null && !(cause instanceof java.io.IOException) && !broken;
        if (ours)
            log.error("HTTP/2 connection of {} failed: {}", client.context().client(), cause.toString());
        else if (http2 == null)
            log.debug("HTTP/2 connection of {} broke: {}", client.context().client(), cause.toString());
        else log.debug("HTTP/2 connection of {} ends: {}", client.context().client(), http2.getMessage());
        broken = true;
        super.onConnectionError(context, outbound, cause, http2);
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext context, boolean outbound, Throwable cause, Http2Exception.StreamException http2) {
        Http2Stream stream = connection().stream(http2.streamId());
        ClientStream known = stream == null ? null : stream.getProperty(key);
        if (known != null) known.malformed(String.valueOf(http2.getMessage()));
        else if (!outbound
                && http2.error() == Http2Error.PROTOCOL_ERROR
                && !(http2 instanceof Http2Exception.HeaderListSizeException))
            refuse(Reason.BAD_REQUEST, String.valueOf(http2.getMessage()));
        super.onStreamError(context, outbound, cause, http2);
        // A client that has us reset its requests takes them back as surely as if it did so itself (CVE-2025-8671).
        if (!outbound && known != null && client.resetsTooOften(timer.nanoTime()))
            onError(
                    context,
                    false,
                    Http2Exception.connectionError(
                            Http2Error.ENHANCE_YOUR_CALM, "the client has too many of its requests reset"));
    }

    /** The header list was larger than our SETTINGS said; Netty has already thrown it away. */
    @Override
    protected void handleServerHeaderDecodeSizeError(ChannelHandlerContext context, Http2Stream stream) {
        answerAndFinish(stream, Reason.HEADERS_TOO_LARGE, "the header list is larger than the listener allows");
    }

    // ---- requests

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
                boolean endOfStream)
                throws Http2Exception {
            onHeadersRead(context, streamId, headers, padding, endOfStream);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean endOfStream)
                throws Http2Exception {
            Http2Stream stream = connection().stream(streamId);
            ClientStream known = stream.getProperty(key);
            try {
                if (known == null) begin(stream, headers, endOfStream);
                else known.endOfBody(Http2Heads.trailers(headers, options.maxHeaders()));
            } catch (BadMessageException e) {
                throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, e.detail());
            }
            if (known != null) flushLater(known);
        }

        @Override
        public int onDataRead(
                ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endOfStream) {
            ClientStream stream = connection().stream(streamId).getProperty(key);
            if (stream == null) return data.readableBytes() + padding;
            flushLater(stream);
            return padding + stream.data(data, endOfStream);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext context, int streamId, long errorCode) throws Http2Exception {
            Http2Stream stream = connection().stream(streamId);
            ClientStream known = stream == null ? null : stream.getProperty(key);
            if (known == null) return;
            known.closed("the client reset the stream with " + Http2Error.valueOf(errorCode));
            if (client.resetsTooOften(timer.nanoTime()))
                throw Http2Exception.connectionError(
                        Http2Error.ENHANCE_YOUR_CALM, "the client takes back too many requests");
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext context, long data) {
            if (data == DRAIN_PING && draining) sendLastGoAway();
        }
    }

    private void begin(Http2Stream stream, Http2Headers headers, boolean endOfStream) throws BadMessageException {
        lastActiveNanos = timer.nanoTime();
        requests++;
        if (requests >= options.maxRequests() || client.context().draining().getAsBoolean()) beginDrain();
        RequestHead head;
        try {
            head = Http2Heads.request(headers, endOfStream, options.maxHeaders());
        } catch (BadMessageException e) {
            // RFC 9113 §8.1.1 wants a malformed request's stream reset; whatever else is wrong gets an answer.
            if (e.reason() == Reason.BAD_REQUEST || e.reason() == Reason.AMBIGUOUS_LENGTH) throw e;
            answerAndFinish(stream, e.reason(), e.detail());
            return;
        }
        ClientStream made = new ClientStream(this, stream, head, client.begin(loop(), "h2"));
        stream.setProperty(key, made);
        made.start(endOfStream);
        if (made.exchange().isBoundedInTime()) timer.moved();
        flushLater(made);
    }

    private void flushLater(ClientStream stream) {
        if (toFlush.isEmpty() || toFlush.getLast() != stream) toFlush.add(stream);
    }

    private LocalAnswer refuse(Reason reason, String detail) {
        RequestRecord record = client.begin(loop(), "h2");
        LocalAnswer answer = client.refuse(record, reason, detail);
        client.finish(loop(), record);
        return answer;
    }

    private void answerAndFinish(Http2Stream stream, Reason reason, String detail) {
        LocalAnswer answer = refuse(reason, detail);
        byte[] body = answer.body();
        writeHeaders(stream, Http2Heads.answer(answer, body.length), false);
        writeData(stream, Unpooled.wrappedBuffer(body), true).addListener(sent -> {
            if (stream.state().remoteSideOpen()) reset(stream, Http2Error.NO_ERROR);
        });
        flush();
    }

    private void streamClosed(Http2Stream stream) {
        ClientStream closed = stream.removeProperty(key);
        if (closed != null) closed.closed("the stream was closed");
        if (timer != null) lastActiveNanos = timer.nanoTime();
        closeWhenDrained();
    }

    // ---- what streams ask for

    ChannelFuture writeHeaders(Http2Stream stream, Http2Headers headers, boolean endOfStream) {
        return encoder().writeHeaders(ctx, stream.id(), headers, 0, endOfStream, ctx.newPromise());
    }

    /** Takes {@code data}. */
    ChannelFuture writeData(Http2Stream stream, ByteBuf data, boolean endOfStream) {
        budget.dataSent(data.readableBytes());
        return encoder().writeData(ctx, stream.id(), data, 0, endOfStream, ctx.newPromise());
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

    // ---- drain (RFC 9113 §6.8)

    /** First a GOAWAY that forbids nothing yet, so that requests on their way are still served. */
    private void beginDrain() {
        if (draining) return;
        draining = true;
        goAway(Integer.MAX_VALUE);
        encoder().writePing(ctx, false, DRAIN_PING, ctx.newPromise());
        flush();
        drainPingAt = timer.nanoTime();
        timer.moved();
    }

    private void sendLastGoAway() {
        if (lastGoAwaySent) return;
        lastGoAwaySent = true;
        goAway(connection().remote().lastStreamCreated());
        flush();
        closeWhenDrained();
    }

    private ChannelFuture goAway(int lastStream) {
        return goAway(ctx, lastStream, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
    }

    private void closeWhenDrained() {
        if (lastGoAwaySent && connection().numActiveStreams() == 0)
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    // ---- time

    @Override
    public long deadlineNanos() {
        List<ClientStream> streams = streams();
        long deadline = streams.isEmpty() ? idleDeadline() : DeadlineTimer.NEVER;
        for (ClientStream stream : streams) deadline = Math.min(deadline, stream.deadlineNanos());
        if (budget.isHeaderBlockOpen()) deadline = Math.min(deadline, headDeadline());
        if (draining && !lastGoAwaySent) deadline = Math.min(deadline, drainPingAt + DRAIN_PING_NANOS);
        return deadline;
    }

    private long idleDeadline() {
        return lastActiveNanos + (requests > 0 ? options.idleTimeout() : options.headerTimeout()).toNanos();
    }

    private long headDeadline() {
        return budget.headerBlockSince() + options.headerTimeout().toNanos();
    }

    @Override
    public void onDeadline() {
        long now = timer.nanoTime();
        if (draining && !lastGoAwaySent && now - drainPingAt >= DRAIN_PING_NANOS) sendLastGoAway();
        List<ClientStream> streams = streams();
        for (ClientStream stream : streams) stream.onDeadline(now);
        boolean slowHead = budget.isHeaderBlockOpen() && now - headDeadline() >= 0;
        if (slowHead) refuse(Reason.HEADER_TIMEOUT, "the header block was begun and not finished");
        if (slowHead || streams.isEmpty() && now - idleDeadline() >= 0) {
            goAway(connection().remote().lastStreamCreated()).addListener(ChannelFutureListener.CLOSE);
            flush();
        }
    }

    private List<ClientStream> streams() {
        List<ClientStream> streams = new ArrayList<>(connection().numActiveStreams());
        try {
            connection().forEachActiveStream(stream -> {
                ClientStream known = stream.getProperty(key);
                if (known != null) streams.add(known);
                return true;
            });
        } catch (Http2Exception e) {
            throw new AssertionError("the visitor throws nothing", e);
        }
        return streams;
    }
}
