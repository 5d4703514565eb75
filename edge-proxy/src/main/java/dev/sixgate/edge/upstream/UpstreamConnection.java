package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.BodyReader;
import dev.sixgate.edge.http.ChunkedWriter;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HeadScanner;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.RequestWriter;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.http.ResponseParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection to a backend, as the only handler of its channel: one exchange after the other, idle in the
 * {@link UpstreamPool} between them. Reads by itself; an exchange pauses it when its client is slow.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements Upstream {
    private static final int MAX_INTERIM = 32;
    private static final int MAX_TRAILERS = 64;

    private final UpstreamPool pool;
    private final BackendKey key;
    private final HeadScanner scanner = new HeadScanner(ResponseParser.MAX_HEAD_BYTES);
    private @Nullable Channel channel;
    private @Nullable ByteBuf cumulation;
    private boolean inputEnded;
    private @Nullable String resetBy;
    private boolean used;
    long idleSinceNanos;

    // of the current exchange
    private @Nullable Exchange exchange;
    private @Nullable RequestHead request;
    private @Nullable ChannelFuture headWrite;
    private @Nullable BodyReader body;
    private boolean persistent;
    private boolean requestSent;
    private boolean anyBytes;
    private boolean raw;
    private int interims;

    UpstreamConnection(UpstreamPool pool, BackendKey key) {
        this.pool = pool;
        this.key = key;
    }

    BackendKey key() {
        return key;
    }

    EventLoop loop() {
        return channel().eventLoop();
    }

    @Override
    public Channel channel() {
        if (channel == null) throw new AssertionError("not connected yet");
        return channel;
    }

    // ---- what an exchange does

    @Override
    public void begin(Exchange by, Opening opening) {
        this.exchange = by;
        this.request = opening.request();
        this.body = null;
        this.requestSent = false;
        this.anyBytes = false;
        this.interims = 0;
        headWrite = channel()
                .write(RequestWriter.write(
                        channel().alloc(),
                        opening.request(),
                        opening.forwarded(),
                        opening.id(),
                        opening.host(),
                        opening.clientIpHeader()));
    }

    @Override
    public boolean reused() {
        return used;
    }

    @Override
    public boolean headUnsent() {
        return headWrite != null && !headWrite.isSuccess();
    }

    /** Whether a new exchange may begin here, as far as is known. */
    boolean isUsable() {
        return !inputEnded && channel().isActive();
    }

    @Override
    public boolean isWritable() {
        return channel().isWritable();
    }

    @Override
    public void write(ByteBuf data) {
        if (!raw && request != null && request.bodyLength() == BodyLength.UNKNOWN)
            ChunkedWriter.writeChunk(channel(), data);
        else channel().write(data);
    }

    @Override
    public void endRequest(@Nullable Fields trailers) {
        requestSent = true;
        if (request != null && request.bodyLength() == BodyLength.UNKNOWN) ChunkedWriter.writeEnd(channel(), trailers);
    }

    @Override
    public void flush() {
        channel().flush();
    }

    @Override
    public void endOutput() {
        Channel to = channel();
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            if (sent.isSuccess()) ((DuplexChannel) to).shutdownOutput();
        });
    }

    @Override
    public void setReading(boolean reading) {
        channel().config().setAutoRead(reading);
    }

    /** Nothing more can be made of this connection. */
    @Override
    public void abandon() {
        exchange = null;
        close();
    }

    @Override
    public void closeAfterFlush() {
        exchange = null;
        channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    void close() {
        if (channel != null) channel.close();
    }

    // ---- what the channel tells

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        releaseCumulation();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf data = (ByteBuf) message;
        if (exchange == null) { // unasked for, or more than the response had
            data.release();
            pool.forget(this);
            ctx.close();
            return;
        }
        if (!anyBytes) {
            anyBytes = true;
            exchange.onFirstByte();
        }
        cumulation = cumulation == null
                ? data
                : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), cumulation, data);
        try {
            decode(cumulation);
        } catch (BadMessageException e) {
            boolean known = e.reason() == Reason.BACKEND_NO_UPGRADE;
            fail(known ? e.reason() : Reason.BACKEND_PROTOCOL, e.detail());
        }
        if (cumulation != null && (exchange == null || !cumulation.isReadable())) releaseCumulation();
    }

    private void decode(ByteBuf in) throws BadMessageException {
        while (exchange != null && request != null) {
            if (raw) {
                if (in.isReadable()) exchange.onData(in.readRetainedSlice(in.readableBytes()));
                return;
            }
            if (body == null) {
                int length = scanner.find(in);
                if (length < 0) return;
                onHead(exchange, ResponseParser.parse(in, length, request));
                continue;
            }
            ByteBuf piece = body.read(in);
            if (piece != null) {
                exchange.onData(piece);
                continue;
            }
            if (body.isComplete()) complete(in, body.trailers());
            return;
        }
    }

    private void onHead(Exchange to, ResponseHead head) throws BadMessageException {
        if (head.isInterim()) {
            if (++interims > MAX_INTERIM)
                throw new BadMessageException(
                        Reason.BACKEND_PROTOCOL, "the backend sends one interim response after another");
            to.onInterim(head);
            return;
        }
        raw = head.status() == 101;
        persistent = head.persistent();
        body = new BodyReader(head.bodyLength(), ResponseParser.MAX_HEAD_BYTES, MAX_TRAILERS);
        to.onHead(head);
    }

    private void complete(ByteBuf in, @Nullable Fields trailers) {
        Exchange ended = exchange;
        if (ended == null) return;
        exchange = null;
        request = null;
        used = true;
        ended.describe(this);
        // Given back first: the next request of the same client may be waiting for just this connection.
        if (persistent
                && requestSent
                && !in.isReadable()
                && !inputEnded
                && channel().isActive()) {
            setReading(true);
            pool.release(this);
        } else close();
        ended.onComplete(trailers);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (exchange != null) exchange.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null && ctx.channel().isWritable()) exchange.onUpstreamWritable();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) inputEnded();
        else if (event instanceof ChannelOutputShutdownEvent && inputEnded && exchange != null) ctx.close();
        else if (event instanceof PeerAway away) peerAway(ctx, away);
    }

    private void peerAway(ChannelHandlerContext ctx, PeerAway away) {
        boolean waits = exchange != null && !anyBytes;
        if (exchange != null && !(away.still() && waits)) return;
        if (waits) resetBy = "peer " + away.peer() + " is unreachable";
        ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            resetBy = String.valueOf(cause.getMessage());
        } else if (exchange != null) {
            Exchange failed = exchange;
            exchange = null;
            failed.onDefect(cause);
        }
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        boolean knew = inputEnded;
        inputEnded();
        Exchange halfOpen = exchange;
        if (!knew || halfOpen == null) return;
        exchange = null;
        halfOpen.onBackendGone();
    }

    private void inputEnded() {
        if (inputEnded) return;
        inputEnded = true;
        if (exchange == null) {
            pool.forget(this);
            close();
        } else if (raw && resetBy == null) {
            exchange.onBackendEnd();
        } else if (resetBy == null && body != null && body.endsWithConnection()) {
            complete(cumulation == null ? Unpooled.EMPTY_BUFFER : cumulation, null);
        } else {
            Exchange broken = exchange;
            exchange = null;
            broken.onBroken(
                    !anyBytes ? Broken.BEFORE_FIRST_BYTE : body == null ? Broken.BEFORE_HEAD : Broken.IN_BODY, resetBy);
            close();
        }
        releaseCumulation();
    }

    private void fail(Reason reason, String detail) {
        Exchange failed = exchange;
        exchange = null;
        close();
        if (failed != null) failed.onProtocolError(reason, detail);
    }

    private void releaseCumulation() {
        if (cumulation != null) cumulation.release();
        cumulation = null;
    }
}
