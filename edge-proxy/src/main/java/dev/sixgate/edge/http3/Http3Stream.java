package dev.sixgate.edge.http3;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.upstream.Downstream;
import dev.sixgate.edge.upstream.Exchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Exception;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicException;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** One stream: a request and its response. QUIC's flow control follows what is read, and nothing is read ahead of the backend. */
final class Http3Stream extends Http3RequestStreamInboundHandler implements Downstream {
    private final Http3Session session;
    private final long openedNanos;
    private ChannelHandlerContext ctx;
    private QuicStreamChannel channel;
    private @Nullable Exchange exchange;
    private @Nullable RequestHead request;
    private @Nullable Http3Headers waiting; // a head of which it is not known yet whether a body follows
    private @Nullable ChannelFuture last;
    private boolean requestEnded;
    private boolean closed;
    private boolean answered;
    private long announced = BodyLength.UNKNOWN;
    private long received;

    @SuppressWarnings("NullAway.Init") // ctx and channel stand from handlerAdded on
    Http3Stream(Http3Session session) {
        this.session = session;
        this.openedNanos = session.nanoTime();
    }

    // ---- from the client

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        channel = (QuicStreamChannel) context.channel();
        if (!session.opened(this, channel.streamId())) shutdown(Http3ErrorCode.H3_REQUEST_REJECTED);
    }

    @Override
    protected void channelRead(ChannelHandlerContext context, Http3HeadersFrame frame) {
        try {
            if (waiting != null) malformed("a second head before the body");
            else if (exchange == null && !answered && Http3Heads.mayEndHere(frame.headers())) waiting = frame.headers();
            else if (exchange == null && !answered) begin(frame.headers(), false);
            else if (exchange != null && !requestEnded)
                endOfRequest(
                        Http3Heads.trailers(frame.headers(), session.options().maxHeaders()));
        } catch (BadMessageException e) {
            malformed(e.detail());
        }
        flushExchange();
    }

    private void begin(Http3Headers headers, boolean endOfStream) throws BadMessageException {
        waiting = null;
        RequestHead head;
        try {
            head = Http3Heads.request(headers, endOfStream, session.options().maxHeaders());
            if (head.webSocket())
                throw new BadMessageException(Reason.UNSUPPORTED_METHOD, "extended CONNECT was not offered");
        } catch (BadMessageException e) {
            refuse(e);
            return;
        }
        request = head;
        announced = head.bodyLength();
        RequestRecord record = session.client().begin(channel.eventLoop(), "h3");
        Exchange made = new Exchange(session.client(), head, record, this, channel.eventLoop());
        exchange = made;
        made.start();
        session.deadlineMoved();
        // The end of a request without a body must still be read, and it takes no room.
        channel.config().setAutoRead(BodyLength.isEmpty(announced) || made.isOver() || made.wantsBody());
    }

    /** RFC 9114 §4.1.2 wants a malformed request's stream reset; whatever else is wrong gets an answer. */
    private void refuse(BadMessageException e) {
        RequestRecord record = session.client().begin(channel.eventLoop(), "h3");
        LocalAnswer answer = session.client().refuse(record, e.reason(), e.detail());
        session.client().finish(channel.eventLoop(), record);
        answered = true;
        if (e.reason() == Reason.BAD_REQUEST || e.reason() == Reason.AMBIGUOUS_LENGTH) {
            shutdown(Http3ErrorCode.H3_MESSAGE_ERROR);
            return;
        }
        answer(answer);
        flush();
    }

    @Override
    protected void channelRead(ChannelHandlerContext context, Http3DataFrame frame) {
        ByteBuf data = frame.content();
        if (waiting != null) beginWaiting(false);
        Exchange to = exchange;
        if (to == null || to.isOver()) {
            ReferenceCountUtil.release(frame);
            return;
        }
        received += data.readableBytes();
        if (announced >= 0 && received > announced) {
            ReferenceCountUtil.release(frame);
            malformed("the body is longer than content-length says");
            return;
        }
        if (data.isReadable()) to.body(data);
        else data.release();
        if (!to.wantsBody() && !to.isOver()) channel.config().setAutoRead(false);
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext context) {
        if (waiting != null) beginWaiting(true);
        if (exchange == null && !answered) {
            shutdown(Http3ErrorCode.H3_REQUEST_INCOMPLETE);
            return;
        }
        if (announced > 0 && received < announced && !requestEnded)
            malformed("the body is shorter than content-length says");
        else endOfRequest(null);
        flushExchange();
    }

    private void beginWaiting(boolean endOfStream) {
        Http3Headers headers = waiting;
        if (headers == null) return;
        try {
            begin(headers, endOfStream);
        } catch (BadMessageException e) {
            malformed(e.detail());
        }
    }

    private void endOfRequest(@Nullable Fields trailers) {
        if (requestEnded) return;
        requestEnded = true;
        if (exchange != null) exchange.endOfBody(trailers);
    }

    private void malformed(String detail) {
        Exchange to = exchange;
        if (to != null && !to.isOver()) {
            to.record().fail(Reason.BAD_REQUEST, Side.CLIENT, detail);
            to.clientGone(detail);
        }
        shutdown(Http3ErrorCode.H3_MESSAGE_ERROR);
    }

    private void flushExchange() {
        if (exchange != null) exchange.flush();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        flushExchange();
        context.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) exchange.writabilityChanged();
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        gone("the stream was closed");
        super.channelInactive(context);
    }

    @Override
    protected void handleQuicException(ChannelHandlerContext context, QuicException cause) {
        gone("the client ended the stream: " + cause.getMessage());
        shutdown(Http3ErrorCode.H3_REQUEST_CANCELLED);
    }

    @Override
    protected void handleHttp3Exception(ChannelHandlerContext context, Http3Exception cause) {
        malformed(String.valueOf(cause.getMessage()));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof QuicException quic) handleQuicException(context, quic);
        else if (cause instanceof Http3Exception http3) handleHttp3Exception(context, http3);
        else {
            gone(String.valueOf(cause.getMessage()));
            shutdown(Http3ErrorCode.H3_INTERNAL_ERROR);
        }
    }

    private void gone(String why) {
        if (closed) return;
        closed = true;
        Exchange to = exchange;
        boolean early = to == null ? !answered : !to.isOver();
        if (to != null) to.clientGone(why);
        if (early) session.resetByClient();
        session.closed(this);
    }

    // ---- time

    long deadlineNanos() {
        if (exchange != null) return exchange.deadlineNanos();
        return openedNanos + session.options().headerTimeout().toNanos();
    }

    void onDeadline(long nowNanos) {
        if (nowNanos - deadlineNanos() < 0) return;
        if (exchange != null && !exchange.isOver()) exchange.onDeadline();
        else shutdown(Http3ErrorCode.H3_REQUEST_CANCELLED);
    }

    /** The edge ends now. */
    void cut() {
        if (exchange != null) exchange.cut();
    }

    // ---- to the client

    @Override
    public void interim(ResponseHead head) {
        if (!closed) ctx.write(new DefaultHttp3HeadersFrame(Http3Heads.response(head)));
    }

    @Override
    public void respond(ResponseHead head) {
        last = ctx.write(new DefaultHttp3HeadersFrame(Http3Heads.response(head)));
    }

    @Override
    public void body(ByteBuf data) {
        if (closed) data.release();
        else last = ctx.write(new DefaultHttp3DataFrame(data));
    }

    @Override
    public ChannelFuture end(@Nullable Fields trailers) {
        if (trailers != null) last = ctx.write(new DefaultHttp3HeadersFrame(Http3Heads.trailers(trailers)));
        return finished();
    }

    @Override
    public ChannelFuture answer(LocalAnswer answer) {
        byte[] body = answer.body();
        boolean headOnly =
                body.length == 0 || request != null && request.method().equals("HEAD");
        last = ctx.write(new DefaultHttp3HeadersFrame(Http3Heads.answer(answer, body.length)));
        if (!headOnly) last = ctx.write(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(body)));
        return finished();
    }

    /** A client that is still sending is told to stop, once it has the whole response (RFC 9114 §4.1). */
    private ChannelFuture finished() {
        answered = true;
        ChannelFuture sent = last;
        if (sent == null) throw new AssertionError("nothing was sent");
        sent.addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
        sent.addListener(done -> {
            if (!closed && !requestEnded) channel.shutdownInput(Http3ErrorCode.H3_NO_ERROR.code());
        });
        requestMore();
        return sent;
    }

    @Override
    public void abort() {
        if (!closed) shutdown(Http3ErrorCode.H3_INTERNAL_ERROR);
    }

    private void shutdown(Http3ErrorCode code) {
        channel.shutdown(code.code(), channel.newPromise());
    }

    @Override
    public boolean isWritable() {
        return !closed && channel.isWritable();
    }

    @Override
    public void flush() {
        ctx.flush();
    }

    @Override
    public void requestMore() {
        if (!closed) channel.config().setAutoRead(true);
    }
}
