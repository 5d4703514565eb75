package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.ClientIdentity;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.router.Route;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request of the edge's own, in the name of a client's: it finds its backend, its connection and its place in the log as
 * the client's does. On one event loop; its outcome is told exactly once.
 */
final class Subrequest implements Downstream, DeadlineTimer.Watched {
    /**
     * How it ended.
     *
     * @param head null: there was no answer
     * @param body of the answer, whole
     * @param failure why there is none, or none that is whole; null with {@code head}
     */
    record Outcome(
            @Nullable ResponseHead head,
            byte[] body,
            @Nullable Reason failure) {}

    private final EventLoop loop;
    private final int maxBodyBytes;
    private final Consumer<Outcome> then;
    private final Exchange exchange;
    private final DeadlineTimer timer;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private @Nullable ResponseHead head;
    private boolean told;

    /** @param maxBodyBytes of the answer are kept, what is beyond is dropped */
    Subrequest(
            ClientConnection client,
            RequestHead request,
            InetSocketAddress from,
            EventLoop loop,
            int maxBodyBytes,
            Consumer<Outcome> then) {
        this.loop = loop;
        this.maxBodyBytes = maxBodyBytes;
        this.then = then;
        RequestRecord record = client.begin(loop, "subrequest");
        record.client = from;
        record.method = request.method();
        record.host = request.authority().host();
        record.path = request.path();
        this.exchange = new Exchange(client, request, record, this, loop);
        this.timer = new DeadlineTimer(loop, this);
    }

    /** @param content taken; the request's whole body */
    void send(Route route, @Nullable ClientIdentity identity, Duration within, ByteBuf content) {
        RequestRecord record = exchange.record();
        record.app = route.app().name();
        record.service = route.service().name();
        record.rule = route.rule();
        exchange.startTo(route, identity, within);
        if (content.isReadable()) exchange.body(content);
        else content.release();
        exchange.endOfBody(null);
        exchange.flush();
        timer.moved();
    }

    /** Nobody wants the outcome any more, and nobody is told of it. */
    void cancel() {
        told = true;
        timer.stop();
        exchange.clientGone("the request that it was for is over");
    }

    @Override
    public long deadlineNanos() {
        return exchange.isOver() ? DeadlineTimer.NEVER : exchange.deadlineNanos();
    }

    @Override
    public void onDeadline() {
        exchange.onDeadline();
    }

    @Override
    public void interim(ResponseHead interim) {}

    @Override
    public void respond(ResponseHead answer) {
        head = answer;
    }

    @Override
    public void body(ByteBuf data) {
        try {
            data.readBytes(body, Math.min(data.readableBytes(), maxBodyBytes - body.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array does not fail
        } finally {
            data.release();
        }
    }

    @Override
    public Future<?> end(@Nullable Fields trailers) {
        tell(new Outcome(head, body.toByteArray(), null));
        return loop.newSucceededFuture(null);
    }

    @Override
    public Future<?> answer(LocalAnswer answer) {
        tell(new Outcome(null, new byte[0], answer.reason()));
        return loop.newSucceededFuture(null);
    }

    @Override
    public void abort() {
        tell(new Outcome(null, new byte[0], Reason.BACKEND_RESET_MID_BODY));
    }

    private void tell(Outcome outcome) {
        timer.stop();
        if (told) return;
        told = true;
        then.accept(outcome);
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void flush() {}

    @Override
    public void requestMore() {}
}
