package dev.sixgate.edge.upstream;

import dev.sixgate.edge.filter.Compression;
import dev.sixgate.edge.filter.GzipBody;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A client that gets the response's body in gzip. {@link #close} whichever way the exchange ends. */
final class CompressingDownstream implements Downstream, AutoCloseable {
    private final Downstream client;
    private final GzipBody gzip;
    private boolean streaming;
    private boolean ended;

    CompressingDownstream(Downstream client, GzipBody gzip) {
        this.client = client;
        this.gzip = gzip;
    }

    /**
     * @param head of what is about to be sent; its fields are changed
     * @param takesGzip whether this client does
     * @return what to send to instead
     */
    static Downstream around(Downstream client, ResponseHead head, boolean takesGzip) {
        if (!Compression.isWorthwhile(head)) return client;
        Compression.vary(head.fields());
        GzipBody gzip = takesGzip ? GzipBody.begin() : null;
        return gzip == null ? client : new CompressingDownstream(client, gzip);
    }

    @Override
    public void interim(ResponseHead head) {
        client.interim(head);
    }

    @Override
    public void respond(ResponseHead head) {
        // Of a known length the end is coming; what has none may pause for as long as it likes.
        streaming = head.bodyLength() < 0;
        client.respond(Compression.compressed(head));
    }

    @Override
    public void body(ByteBuf data) {
        if (ended) data.release();
        else pass(gzip.add(data));
    }

    @Override
    public Future<?> end(@Nullable Fields trailers) {
        if (!ended) pass(gzip.end());
        ended = true;
        return client.end(trailers);
    }

    @Override
    public Future<?> answer(LocalAnswer answer) {
        return client.answer(answer);
    }

    @Override
    public void abort() {
        close();
        client.abort();
    }

    @Override
    public boolean isWritable() {
        return client.isWritable();
    }

    @Override
    public void flush() {
        if (streaming && !ended) pass(gzip.flush());
        client.flush();
    }

    @Override
    public void requestMore() {
        client.requestMore();
    }

    @Override
    public void close() {
        ended = true;
        gzip.close();
    }

    private void pass(ByteBuf data) {
        if (data.isReadable()) client.body(data);
        else data.release();
    }
}
