package dev.sixgate.edge.http1;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.BodyReader;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HeadScanner;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.RequestParser;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.http.Version;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.upstream.ClientConnection;
import dev.sixgate.edge.upstream.DeadlineTimer;
import dev.sixgate.edge.upstream.Downstream;
import dev.sixgate.edge.upstream.Exchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: a request at a time, in order. Bytes of a pipelined request wait unread in the kernel but for one
 * read. The connection is read from while a response is under way, so that a client that leaves is noticed.
 */
final class Http1Connection extends ChannelInboundHandlerAdapter implements Downstream, DeadlineTimer.Watched {
    private static final Logger log = LoggerFactory.getLogger(Http1Connection.class);

    /** How much of a body that nobody wants is read to save the connection, or to let the client see our answer. */
    private static final int MAX_DISCARDED_BYTES = 256 << 10;

    private static final long LINGER_NANOS = 2_000_000_000L;

    private enum State {
        /** Between requests, or within a head. */
        HEAD,
        /** Request body under way; the response may be too, or may even be complete. */
        BODY,
        /** Request complete, response under way. */
        RESPONSE,
        /** After 101: bytes both ways. */
        RAW,
        /** The last answer was given; what still comes is thrown away. */
        CLOSING
    }

    private final ClientConnection client;
    private final HttpOptions options;
    private final HeadScanner scanner;
    private final RequestParser parser;
    private ChannelHandlerContext ctx;
    private Channel channel;
    private DeadlineTimer timer;
    private @Nullable ByteBuf cumulation;
    private State state = State.HEAD;
    private long stateSince;
    private int requests;
    private boolean headBegun;
    private boolean processing;
    private long discarded;
    private boolean lastSent;

    // of the current request
    private @Nullable RequestHead request;
    private @Nullable Exchange exchange;
    private @Nullable BodyReader body;
    private @Nullable ResponseWriter response;
    private boolean responseEnded;
    private boolean continued;
    private boolean keepAlive;

    @SuppressWarnings("NullAway.Init") // ctx, channel and timer stand from handlerAdded on
    Http1Connection(ClientConnection client) {
        this.client = client;
        this.options = client.context().options();
        this.scanner = new HeadScanner(options.maxHeaderBytes());
        this.parser = new RequestParser(options.maxHeaders());
    }

    // ---- channel events

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        channel = context.channel();
        timer = new DeadlineTimer(channel.eventLoop(), this);
        enter(State.HEAD);
        // A client that closes its side is gone, as for every proxy in the field: nobody would read the response.
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        channel.config().setAutoRead(true);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        timer.stop();
        releaseCumulation();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf data = (ByteBuf) message;
        if (state == State.CLOSING) {
            discarded += data.readableBytes();
            data.release();
            if (discarded > MAX_DISCARDED_BYTES) context.close();
            return;
        }
        cumulation = cumulation == null
                ? data
                : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), cumulation, data);
        process();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) exchange.writabilityChanged();
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) inputEnded();
        else if (event == DrainBegins.OVER) {
            if (exchange != null) exchange.cut();
        } else if (event == DrainBegins.NOW) {
            keepAlive = false;
            // A connection that has just come has its first request on the way; the time for its head bounds the wait.
            if (state == State.HEAD && cumulation == null && requests > 0) closeAfterFlush();
        } else context.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        timer.stop();
        if (exchange != null) exchange.clientGone("the client closed the connection");
        releaseCumulation();
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            log.warn("connection of {} ended: {}", client.context().client(), cause.toString());
            log.debug("connection of {}", client.context().client(), cause);
        }
        if (exchange != null) exchange.clientGone(String.valueOf(cause.getMessage()));
        context.close();
    }

    private void inputEnded() {
        if (state == State.RAW && exchange != null && !exchange.isOver()) {
            exchange.endOfInput();
            timer.moved();
        } else channel.close();
    }

    // ---- requests

    private void process() {
        if (processing) return;
        processing = true;
        try {
            while (cumulation != null && cumulation.isReadable() && step(cumulation)) {}
        } finally {
            processing = false;
        }
        if (cumulation != null && (!cumulation.isReadable() || state == State.CLOSING)) releaseCumulation();
        if (exchange != null) exchange.flush();
        channel.config().setAutoRead(wantsInput());
    }

    /** @return whether another step may be possible with what is there */
    private boolean step(ByteBuf in) {
        switch (state) {
            case HEAD -> {
                if (!headBegun) {
                    headBegun = true;
                    enter(State.HEAD);
                }
                try {
                    int length = scanner.find(in);
                    if (length < 0) return false;
                    begin(parser.parse(in, length));
                } catch (BadMessageException e) {
                    refuse(e.reason(), e.detail());
                }
            }
            case BODY -> {
                Exchange to = exchange;
                BodyReader from = body;
                if (to == null || from == null) throw new AssertionError("a body without a request");
                try {
                    ByteBuf piece = from.read(in);
                    if (piece != null) {
                        if (to.isOver()) discarded += piece.readableBytes();
                        to.body(piece);
                        if (discarded > MAX_DISCARDED_BYTES) closeAfterFlush();
                    } else if (!from.isComplete()) return false;
                } catch (BadMessageException e) {
                    keepAlive = false;
                    if (to.isOver()) channel.close();
                    else to.badBody(e);
                    return false;
                }
                if (from.isComplete() && state == State.BODY) requestComplete();
            }
            case RAW -> {
                if (exchange != null) exchange.body(in.readRetainedSlice(in.readableBytes()));
            }
            case RESPONSE, CLOSING -> {
                return false;
            }
        }
        return true;
    }

    private void begin(RequestHead head) {
        headBegun = false;
        requests++;
        request = head;
        body = new BodyReader(head.bodyLength(), options.maxHeaderBytes(), options.maxHeaders());
        response = new ResponseWriter(channel);
        responseEnded = false;
        continued = false;
        discarded = 0;
        keepAlive = head.persistent() && requests < options.maxRequests();
        RequestRecord record = client.begin(channel.eventLoop(), "http/1.1");
        exchange = new Exchange(client, head, record, this, channel.eventLoop());
        enter(head.hasBody() ? State.BODY : State.RESPONSE);
        exchange.start();
        timer.moved();
        if (state == State.RESPONSE && exchange != null) exchange.endOfBody(null);
    }

    private void requestComplete() {
        Fields trailers = body == null ? null : body.trailers();
        enter(State.RESPONSE);
        if (responseEnded) next();
        else if (exchange != null) exchange.endOfBody(trailers);
    }

    /** Request and response are complete. */
    private void next() {
        exchange = null;
        request = null;
        body = null;
        response = null;
        enter(State.HEAD);
        if (client.context().draining().getAsBoolean()) closeAfterFlush();
        process();
    }

    /** A head that is no request: answered, and the connection ends, since where the next one starts is unknown. */
    private void refuse(Reason reason, @Nullable String detail) {
        RequestRecord record = client.begin(channel.eventLoop(), "http/1.1");
        LocalAnswer answer = client.refuse(record, reason, detail);
        ChannelFuture sent = new ResponseWriter(channel).answer(answer, Version.HTTP_1_1, false, false);
        sent.addListener(done -> client.finish(channel.eventLoop(), record));
        closeAfter(sent);
        channel.flush();
    }

    /** Reads on while someone wants what comes: a body by its backend; else to see the client leave. */
    private boolean wantsInput() {
        return switch (state) {
            case HEAD, CLOSING -> true;
            case BODY, RAW -> exchange == null || exchange.isOver() || exchange.wantsBody();
            case RESPONSE -> cumulation == null;
        };
    }

    // ---- responses (Downstream)

    @Override
    public void interim(ResponseHead head) {
        if (request == null || response == null || request.version() == Version.HTTP_1_0) return;
        if (head.status() == 100) continued = true;
        response.interim(head);
    }

    @Override
    public void respond(ResponseHead head) {
        RequestHead to = request;
        ResponseWriter writer = response;
        if (to == null || writer == null) throw new AssertionError("a response without a request");
        writer.frame(to, head);
        // A client that still waits for 100 may send its body now or not; what follows could be either.
        boolean undecided = to.expectsContinue() && !continued && state == State.BODY;
        keepAlive &= !writer.isUntilClose()
                && !undecided
                && !client.context().draining().getAsBoolean();
        writer.writeHead(to, head, keepAlive);
        if (head.status() == 101) {
            enter(State.RAW);
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            process();
        }
    }

    @Override
    public void body(ByteBuf data) {
        if (response == null) data.release();
        else if (state == State.RAW) channel.write(data);
        else response.body(data);
    }

    @Override
    public ChannelFuture end(@Nullable Fields trailers) {
        ResponseWriter writer = response;
        if (writer == null) throw new AssertionError("the end of no response");
        if (state == State.RAW) {
            timer.moved();
            return channel.write(Unpooled.EMPTY_BUFFER).addListener(sent -> {
                if (sent.isSuccess()) shutdownOutput();
            });
        }
        ChannelFuture sent = writer.end(trailers);
        ended(sent);
        return sent;
    }

    @Override
    public ChannelFuture answer(LocalAnswer answer) {
        boolean bodyPending = state == State.BODY;
        keepAlive &= !bodyPending && !client.context().draining().getAsBoolean();
        Version version = request == null ? Version.HTTP_1_1 : request.version();
        boolean headRequest = request != null && request.method().equals("HEAD");
        ChannelFuture sent = new ResponseWriter(channel).answer(answer, version, headRequest, keepAlive);
        ended(sent);
        return sent;
    }

    private void ended(ChannelFuture sent) {
        responseEnded = true;
        if (!keepAlive) closeAfter(sent);
        else if (state == State.RESPONSE) next();
        else channel.config().setAutoRead(true); // the rest of the body, for nobody
    }

    @Override
    public void abort() {
        channel.flush();
        // Where the end of the connection is the end of the body, only a reset tells the two apart.
        if (response != null && response.isUntilClose()) channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public void requestMore() {
        if (state == State.BODY || state == State.RAW) channel.config().setAutoRead(true);
    }

    private void closeAfterFlush() {
        closeAfter(channel.writeAndFlush(Unpooled.EMPTY_BUFFER));
    }

    /**
     * Closes once {@code last} is out. If the client may still be sending, only our side at first: a full close would
     * answer its bytes with a reset, which can overtake and destroy the answer.
     */
    private void closeAfter(ChannelFuture last) {
        boolean clean = (state == State.RESPONSE || state == State.HEAD || state == State.RAW)
                && !headBegun
                && (cumulation == null || !cumulation.isReadable());
        enter(State.CLOSING);
        lastSent = false;
        if (!processing) releaseCumulation();
        last.addListener(sent -> {
            lastSent = true;
            enter(State.CLOSING);
            if (clean || !sent.isSuccess()) {
                channel.close();
                return;
            }
            shutdownOutput();
        });
        channel.config().setAutoRead(true);
    }

    private void shutdownOutput() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) tls.closeOutbound();
        else if (channel instanceof DuplexChannel duplex) duplex.shutdownOutput();
    }

    private void releaseCumulation() {
        if (cumulation != null) cumulation.release();
        cumulation = null;
    }

    // ---- time

    private void enter(State next) {
        state = next;
        stateSince = timer.nanoTime();
        timer.moved();
    }

    @Override
    public long deadlineNanos() {
        return switch (state) {
            case HEAD ->
                stateSince + (headBegun || requests == 0 ? options.headerTimeout() : options.idleTimeout()).toNanos();
            case BODY, RESPONSE, RAW ->
                exchange != null && !exchange.isOver()
                        ? exchange.deadlineNanos()
                        : stateSince + options.idleTimeout().toNanos();
            case CLOSING ->
                stateSince + (lastSent ? LINGER_NANOS : options.idleTimeout().toNanos());
        };
    }

    @Override
    public void onDeadline() {
        if (state == State.HEAD && headBegun) refuse(Reason.HEADER_TIMEOUT, "the head was begun and not finished");
        else if (exchange != null && !exchange.isOver()) exchange.onDeadline();
        else channel.close();
    }
}
