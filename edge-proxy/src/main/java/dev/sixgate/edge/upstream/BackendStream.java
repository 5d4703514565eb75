package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.RequestWriter;
import dev.sixgate.edge.http.ResponseAssembly;
import dev.sixgate.edge.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One exchange on a {@link BackendSession}; credit for what came is given as the client takes it. */
final class BackendStream implements Upstream {
    private static final int MAX_INTERIM = 32;

    private final BackendSession session;
    private final boolean reused;
    private @Nullable Http2Stream stream;
    private @Nullable Exchange exchange;
    private @Nullable RequestHead request;
    private boolean requestSent;
    private boolean anyFrame;
    private boolean headSeen;
    private int interims;
    private boolean reading = true;
    private int uncredited;
    private boolean unprocessed;
    private boolean closed;
    private @Nullable String resetBy;

    BackendStream(BackendSession session, boolean reused) {
        this.session = session;
        this.reused = reused;
    }

    // ---- what the exchange does

    @Override
    public void begin(Exchange by, Opening opening) {
        exchange = by;
        request = opening.request();
        requestSent = !opening.request().hasBody();
        Http2Headers headers = new DefaultHttp2Headers(false, 24);
        RequestWriter.each(
                opening.request(),
                opening.forwarded(),
                opening.id(),
                opening.host(),
                opening.clientIpHeader(),
                session.key().protocol().tls() == null ? "http" : "https",
                headers::add);
        stream = session.writeHead(this, headers, requestSent);
        if (stream == null) session.loop().execute(() -> closed("no stream could be opened"));
    }

    @Override
    public void write(ByteBuf data) {
        if (stream == null || closed) data.release();
        else session.writeData(stream, data, false);
    }

    @Override
    public void endRequest(@Nullable Fields trailers) {
        if (requestSent || stream == null || closed) return;
        requestSent = true;
        if (trailers == null) session.writeData(stream, Unpooled.EMPTY_BUFFER, true);
        else session.writeTrailers(stream, headers(trailers));
    }

    private static Http2Headers headers(Fields fields) {
        Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < fields.size(); i++)
            if (!fields.isDropped(i)) headers.add(fields.lowerCaseName(i), fields.sharedValue(i));
        return headers;
    }

    @Override
    public void endOutput() {
        throw new AssertionError("no protocol is switched here");
    }

    @Override
    public void flush() {
        session.flush();
    }

    @Override
    public boolean isWritable() {
        return stream != null && !closed && session.isWritable(stream);
    }

    @Override
    public void setReading(boolean wanted) {
        reading = wanted;
        if (!wanted || uncredited == 0 || stream == null || closed) return;
        int credit = uncredited;
        uncredited = 0;
        session.credit(stream, credit);
    }

    @Override
    public boolean reused() {
        return reused || unprocessed;
    }

    @Override
    public boolean headUnsent() {
        return unprocessed || stream == null;
    }

    @Override
    public void abandon() {
        exchange = null;
        if (stream != null && !closed) session.reset(stream, Http2Error.CANCEL);
    }

    @Override
    public void closeAfterFlush() {
        abandon();
    }

    @Override
    public Channel channel() {
        return session.channel();
    }

    // ---- what the session tells

    void headers(Http2Headers headers, boolean endOfStream) {
        Exchange to = exchange;
        if (to == null || request == null) return;
        if (!anyFrame) to.onFirstByte();
        anyFrame = true;
        try {
            ResponseAssembly assembly = new ResponseAssembly();
            for (Map.Entry<CharSequence, CharSequence> header : headers)
                assembly.field(AsciiString.of(header.getKey()), AsciiString.of(header.getValue()));
            if (headSeen) {
                if (!endOfStream) throw new BadMessageException(Reason.BACKEND_PROTOCOL, "a second head");
                complete(assembly.finishTrailers());
            } else head(to, assembly.finish(request, endOfStream), endOfStream);
        } catch (BadMessageException e) {
            malformed(e.detail());
        }
    }

    private void head(Exchange to, ResponseHead head, boolean endOfStream) throws BadMessageException {
        if (head.isInterim()) {
            if (++interims > MAX_INTERIM)
                throw new BadMessageException(
                        Reason.BACKEND_PROTOCOL, "the backend sends one interim response after another");
            to.onInterim(head);
            return;
        }
        headSeen = true;
        to.onHead(head);
        if (endOfStream) complete(null);
    }

    /** @return how many bytes the backend may be credited with at once */
    int data(ByteBuf data, int padding, boolean endOfStream) {
        int bytes = data.readableBytes();
        Exchange to = exchange;
        if (to == null) return bytes + padding;
        if (!headSeen) {
            malformed("data before a head");
            return bytes + padding;
        }
        if (bytes > 0) to.onData(data.retain());
        if (endOfStream) complete(null);
        if (reading || exchange == null) return bytes + padding;
        uncredited += bytes;
        return padding;
    }

    private int streamId() {
        return stream == null ? 0 : stream.id();
    }

    private void complete(@Nullable Fields trailers) {
        Exchange ended = exchange;
        if (ended == null) return;
        exchange = null;
        ended.describe(this);
        // The response says all there is to say: what is still being sent is for nobody (RFC 9113 §8.1).
        if (!requestSent && stream != null && !closed) session.reset(stream, Http2Error.CANCEL);
        ended.onComplete(trailers == null || isEmpty(trailers) ? null : trailers);
    }

    private static boolean isEmpty(Fields fields) {
        for (int i = 0; i < fields.size(); i++) if (!fields.isDropped(i)) return false;
        return true;
    }

    void readComplete() {
        if (exchange != null) exchange.onReadComplete();
    }

    void writabilityChanged() {
        if (exchange != null && isWritable()) exchange.onUpstreamWritable();
    }

    void reset(Http2Error error) {
        if (error == Http2Error.REFUSED_STREAM) unprocessed = true;
        resetBy = "the stream was reset with " + error;
    }

    /** The backend says which streams it will not look at (RFC 9113 §6.8). */
    void goingAway(int lastStream) {
        if (streamId() <= lastStream) return;
        unprocessed = true;
        resetBy = "the backend is going away";
    }

    void malformed(String detail) {
        Exchange failed = exchange;
        exchange = null;
        if (failed != null) failed.onProtocolError(Reason.BACKEND_PROTOCOL, detail);
    }

    /** However it came about; the exchange may be over already. */
    void closed(@Nullable String brokenBy) {
        closed = true;
        Exchange broken = exchange;
        exchange = null;
        if (broken == null) return;
        Broken where =
                headSeen ? Broken.IN_BODY : anyFrame && !unprocessed ? Broken.BEFORE_HEAD : Broken.BEFORE_FIRST_BYTE;
        broken.onBroken(where, resetBy == null ? brokenBy : resetBy);
    }
}
