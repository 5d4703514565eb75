package dev.sixgate.edge.http2;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
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
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/** One stream: a request, its response, and the flow-control credit that the client gets back as the backend takes bytes. */
final class ClientStream implements Downstream {
    private final Http2Session session;
    private final Http2Stream stream;
    private final RequestHead request;
    private final Exchange exchange;
    private boolean requestEnded;
    private boolean closed;
    private int uncredited;
    private long remaining = BodyLength.UNKNOWN;
    private @Nullable ChannelFuture last;
    private boolean ended;
    private @Nullable OpeningTunnel opening; // until the backend switched protocols
    private boolean switched;

    ClientStream(Http2Session session, Http2Stream stream, RequestHead request, RequestRecord record) {
        this.session = session;
        this.stream = stream;
        this.request = request;
        this.exchange = new Exchange(session.client(), request, record, this, session.loop());
    }

    Exchange exchange() {
        return exchange;
    }

    // ---- from the client

    void start(boolean endOfStream) {
        if (request.webSocket()) opening = new OpeningTunnel();
        exchange.start();
        if (endOfStream || request.webSocket()) exchange.endOfBody(null);
        requestEnded = endOfStream;
    }

    /** @return how many of the bytes the client may be credited with at once */
    int data(ByteBuf data, boolean endOfStream) {
        int bytes = data.readableBytes();
        if (opening != null && !exchange.isOver()) {
            opening.hold(data.retain(), endOfStream);
            requestEnded = endOfStream;
            uncredited += bytes;
            return 0;
        }
        if (bytes > 0) exchange.body(data.retain());
        if (endOfStream) endOfBody(null);
        if (exchange.isOver() || exchange.wantsBody()) return bytes;
        uncredited += bytes;
        return 0;
    }

    void endOfBody(@Nullable Fields trailers) {
        requestEnded = true;
        if (switched) exchange.endOfInput();
        else if (opening != null) opening.end();
        else exchange.endOfBody(trailers);
    }

    /** The client sent what no client may send; the stream is being reset. */
    void malformed(String detail) {
        exchange.record().fail(Reason.BAD_REQUEST, Side.CLIENT, detail);
        exchange.clientGone(detail);
    }

    void writabilityChanged() {
        exchange.writabilityChanged();
    }

    /** Of the exchange; when that is over, of the client that does not take the rest. */
    long deadlineNanos() {
        return exchange.deadlineNanos();
    }

    void onDeadline(long nowNanos) {
        if (!exchange.isOver()) exchange.onDeadline();
        else if (nowNanos - deadlineNanos() >= 0 && !closed) session.reset(stream, Http2Error.CANCEL);
    }

    /** However it came about; the exchange may be over already. */
    void closed(String why) {
        closed = true;
        exchange.clientGone(why);
        if (opening != null) opening.release();
    }

    // ---- to the client

    @Override
    public void interim(ResponseHead head) {
        if (!closed) session.writeHeaders(stream, Http2Heads.response(head), false);
    }

    @Override
    public void respond(ResponseHead head) {
        if (head.status() == 101) {
            opened(head);
            return;
        }
        boolean empty = BodyLength.isEmpty(head.bodyLength());
        remaining = head.bodyLength();
        send(session.writeHeaders(stream, Http2Heads.response(head), empty), empty);
    }

    private void opened(ResponseHead head) {
        switched = true;
        send(session.writeHeaders(stream, Http2Heads.response(head), false), false);
        OpeningTunnel waiting = opening;
        opening = null;
        if (waiting == null) return;
        for (ByteBuf data = waiting.next(); data != null; data = waiting.next()) exchange.body(data);
        exchange.flush();
        if (waiting.hasEnded()) exchange.endOfInput();
        else if (exchange.wantsBody()) requestMore();
    }

    @Override
    public void body(ByteBuf data) {
        if (closed) {
            data.release();
            return;
        }
        // The last piece ends the stream itself, which saves an empty frame.
        boolean lastPiece = remaining >= 0 && (remaining -= data.readableBytes()) == 0;
        send(session.writeData(stream, data, lastPiece), lastPiece);
    }

    @Override
    public ChannelFuture end(@Nullable Fields trailers) {
        if (!ended)
            send(
                    trailers == null
                            ? session.writeData(stream, Unpooled.EMPTY_BUFFER, true)
                            : session.writeHeaders(stream, Http2Heads.trailers(trailers), true),
                    true);
        if (switched && last != null) return last;
        return finished();
    }

    @Override
    public ChannelFuture answer(LocalAnswer answer) {
        byte[] body = answer.body();
        boolean headOnly = request.method().equals("HEAD") || body.length == 0;
        send(session.writeHeaders(stream, Http2Heads.answer(answer, body.length), headOnly), headOnly);
        if (!headOnly) send(session.writeData(stream, Unpooled.wrappedBuffer(body), true), true);
        return finished();
    }

    private void send(ChannelFuture future, boolean endsStream) {
        last = future;
        ended |= endsStream;
    }

    /** A client that is still sending is told to stop, once it has the whole response (RFC 9113 §8.1). */
    private ChannelFuture finished() {
        ChannelFuture sent = last;
        if (sent == null) throw new AssertionError("nothing was sent");
        requestMore();
        if (!requestEnded)
            sent.addListener(done -> {
                if (!closed && !requestEnded) session.reset(stream, Http2Error.NO_ERROR);
            });
        return sent;
    }

    @Override
    public void abort() {
        // RFC 8441 §5: a tunnel that breaks is cancelled, as a TCP connection is reset.
        boolean complete = switched && ended && requestEnded;
        if (!closed && !complete) session.reset(stream, switched ? Http2Error.CANCEL : Http2Error.INTERNAL_ERROR);
    }

    @Override
    public boolean isWritable() {
        return !closed && session.isWritable(stream);
    }

    @Override
    public void flush() {
        session.flush();
    }

    @Override
    public void requestMore() {
        if (uncredited == 0 || closed) return;
        int credit = uncredited;
        uncredited = 0;
        session.credit(stream, credit);
    }
}
