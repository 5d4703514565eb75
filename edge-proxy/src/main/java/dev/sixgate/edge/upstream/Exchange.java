package dev.sixgate.edge.upstream;

import dev.sixgate.edge.balancer.Call;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.filter.RouteAnswer;
import dev.sixgate.edge.filter.RouteFilters;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.ClientIdentity;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HopByHop;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.RouteTable.Matched;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.Page;
import dev.sixgate.edge.servicemap.RequestPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its response. A client protocol makes it when it has a head, feeds it the body, and is fed the response
 * through {@link Downstream}; in between stand admission, the choice of a backend and an {@link Upstream}. All on
 * one event loop. However it ends, the record is finished exactly once and nothing is held afterwards.
 *
 * <p>Back-pressure: the backend is read while the client is writable; the client is read while {@link #wantsBody}. Body
 * that comes before a connection stands is held, at most what the client had sent ahead.
 */
public final class Exchange implements Attempts.Outcome {
    private static final Logger log = LoggerFactory.getLogger(Exchange.class);

    /** After a switch of protocols, how long one direction may outlive the other without a byte. */
    private static final long HALF_OPEN_NANOS = 30_000_000_000L;

    private final ClientConnection client;
    private RequestHead request; // as the backend gets it, once it is admitted
    private final RequestRecord record;
    private Downstream downstream; // or what compresses for it
    private final EventLoop loop;
    private final Ticker clock;
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(0);

    private @Nullable AccessCheck access; // while it is asked whether the client may pass
    private @Nullable Attempts attempts;
    private @Nullable Upstream connection;
    private final Deadlines deadlines;
    private @Nullable Matched matched;
    private long maxBodyBytes;
    private long sentNanos; // what was to be sent, for the time the backend then takes
    private @Nullable ClientIdentity identity; // from a trusted proxy
    private @Nullable String clientIpHeader;
    private @Nullable Fields requestTrailers;
    private boolean requestEnded;
    private boolean bodySent; // a piece of it may have reached a backend, and is not here any more
    private boolean retriedAfresh;
    private boolean responding;
    private boolean switched;
    private boolean inputEnded; // after the switch: nothing more comes from the client
    private boolean outputEnded; // after the switch: nothing more comes from the backend
    private @Nullable Future<?> lastToClient; // then
    private boolean over;
    private boolean starting;
    private boolean secure; // the client speaks https, to us or to a trusted proxy
    private final ResponseEdits responses;
    private @Nullable Mirrors mirrors; // while the request comes in
    private boolean repeatable; // in the operator's word
    private boolean own; // a request of the edge's own

    /**
     * @param request its fields are changed: hop-by-hop ones are dropped
     * @param record begun by {@link ClientConnection#begin}
     */
    public Exchange(
            ClientConnection client, RequestHead request, RequestRecord record, Downstream downstream, EventLoop loop) {
        this.client = client;
        this.request = request;
        this.record = record;
        this.downstream = downstream;
        this.responses = ResponseEdits.unrouted(client.context());
        this.loop = loop;
        this.clock = LoopClock.of(loop);
        this.deadlines = new Deadlines(client.context().options().idleTimeout(), clock.nanoTime());
    }

    public RequestRecord record() {
        return record;
    }

    // ---- what the client's side says

    /** Routes the request and asks for a backend. May answer before it returns; {@link #flush} must follow. */
    public void start() {
        Admission.Verdict verdict;
        try {
            secure = client.context().tls() != null;
            record.proxy = client.context().proxy();
            if (client.context().isFromTrustedProxy()) {
                identity = ClientIdentity.of(client.context(), request.fields());
                record.client = identity.client();
                record.proxy = client.context().client();
                record.givenId = identity.requestId();
                secure = identity.secure();
            }
            responses.secure(secure);
            verdict = Admission.decide(client.serving(), client.context(), request, secure, record, responses);
            HopByHop.stripRequest(request.fields(), request.expectsContinue());
        } catch (BadMessageException e) {
            verdict = Admission.refused(e);
        } catch (RuntimeException e) {
            onDefect(e);
            return;
        }
        switch (verdict) {
            case Admission.Verdict.Limited(String name, long seconds) ->
                fail(
                        Reason.RATE_LIMITED,
                        Side.CLIENT,
                        "limit " + name,
                        ResponseEdits.field("retry-after", Long.toString(seconds)));
            case Admission.Verdict.Refused(Reason reason, String detail, String location) ->
                fail(reason, Side.EDGE, detail, location == null ? null : ResponseEdits.field("location", location));
            case Admission.Verdict.Challenged(String answer) ->
                answer(Reason.ACME_CHALLENGE, Reason.ACME_CHALLENGE.status(), null, Side.EDGE, null, text(answer));
            case Admission.Verdict.Answered(RouteAnswer answer) -> answer(answer);
            case Admission.Verdict.Admitted(Route route, RouteAnswer answer) -> admit(route, answer);
        }
    }

    /**
     * Instead of {@link #start}: a request of the edge's own, in the name of a client's.
     *
     * @param said what a trusted proxy told of that client
     * @param within the whole time it may take
     */
    void startTo(Route route, @Nullable ClientIdentity said, Duration within) {
        identity = said;
        own = true;
        serve(route);
        deadlines.bound(within, Duration.ZERO, clock.nanoTime());
        flush();
    }

    /** Lets the request on once the guards of its route have, which may take a while; its body is held until then. */
    private void admit(Route route, @Nullable RouteAnswer answer) {
        Matched winner = route.matched();
        if (winner == null || winner.guards().isEmpty()) {
            serve(route);
            return;
        }
        maxBodyBytes = route.port().http().maxRequestBodyBytes();
        deadlines.idle(route.port().http().idleTimeout());
        access = new AccessCheck(client, request, identity, record, route, winner, loop, new AccessCheck.Outcome() {
            @Override
            public void passed() {
                access = null;
                if (answer != null) answer(answer);
                else serve(route);
                flush();
            }

            @Override
            public void refused(AccessCheck.Refusal refusal) {
                access = null;
                answer(
                        refusal.reason(),
                        refusal.status(),
                        refusal.more(),
                        Side.CLIENT,
                        refusal.detail(),
                        refusal.page());
            }
        });
        access.next();
    }

    private void serve(Route route) {
        HttpOptions options = route.port().http();
        deadlines.idle(options.idleTimeout());
        matched = route.matched();
        if (matched != null) request = RouteFilters.rewritten(request, matched);
        RequestPolicy policy = route.requests();
        repeatable = policy.retry().idempotent();
        deadlines.bound(policy.request(), policy.backendRequest(), clock.nanoTime());
        maxBodyBytes = options.maxRequestBodyBytes();
        clientIpHeader = options.clientIpHeader();
        if (clientIpHeader != null && !own) HopByHop.stripClientAddress(request.fields(), clientIpHeader);
        if (matched != null && !matched.mirrors().isEmpty())
            mirrors = Mirrors.of(client, request, identity, route, record, loop);
        if (mirrors != null) for (ByteBuf early : held) mirrors.body(early);
        if (mirrors != null && requestEnded) sendMirrors();
        Call call = ClientKey.call(route, record.client, request, record);
        attempts = new Attempts(client.serving(), loop, route, call, request.webSocket(), record, this);
        starting = true;
        attempts.next();
        starting = false;
    }

    /** Takes a piece of the request's body, or of what follows a switch of protocols. */
    public void body(ByteBuf data) {
        if (over) {
            data.release();
            return;
        }
        progress();
        record.requestBytes += data.readableBytes();
        if (record.requestBytes > maxBodyBytes && !switched) {
            data.release();
            fail(Reason.BODY_TOO_LARGE, Side.EDGE, "the body is above the limit of " + maxBodyBytes + " bytes", null);
            return;
        }
        if (mirrors != null) mirrors.body(data);
        if (connection == null) {
            held.add(data);
        } else {
            bodySent = true;
            connection.write(data);
        }
    }

    /** The request is complete. @param trailers filtered already */
    public void endOfBody(@Nullable Fields trailers) {
        if (over || requestEnded) return;
        progress();
        requestEnded = true;
        sentNanos = deadlines.lastProgress();
        requestTrailers = trailers;
        if (connection != null) connection.endRequest(trailers);
        sendMirrors();
    }

    private void sendMirrors() {
        if (mirrors != null) mirrors.send();
        mirrors = null;
    }

    /** After a switch of protocols: the client will send no more, and the backend is told so; it may still send. */
    public void endOfInput() {
        if (over || !switched || inputEnded) return;
        inputEnded = true;
        endsFirst(Side.CLIENT);
        if (outputEnded) endSwitched(lastToClient);
        else if (connection != null) connection.endOutput();
    }

    private void endsFirst(Side side) {
        progress();
        if (record.closedBy == null) record.closedBy = side;
        deadlines.idleAtMost(HALF_OPEN_NANOS);
    }

    /**
     * Both directions of a switched connection have ended, or nobody will use what is left of it.
     *
     * @param last what still goes out to the client; null: nothing is waited for
     */
    private void endSwitched(@Nullable Future<?> last) {
        if (attempts != null) attempts.succeeded();
        release();
        if (last == null) {
            finish();
            downstream.abort();
        } else
            last.addListener(sent -> {
                finish();
                downstream.abort();
            });
    }

    /** The edge stops and waits no longer. */
    public void cut() {
        fail(Reason.DRAINING, Side.EDGE, "the drain timeout passed", null);
    }

    /** Whether the backend takes more body now; else {@link Downstream#requestMore} tells when. */
    public boolean wantsBody() {
        return connection != null && !over && held.isEmpty() && connection.isWritable();
    }

    /** The burst of input that brought body pieces is over. */
    public void flush() {
        if (connection != null) connection.flush();
    }

    /** The client became able, or unable, to take more of the response. */
    public void writabilityChanged() {
        progress();
        if (connection != null && !over) connection.setReading(downstream.isWritable());
    }

    /** The client closed its connection or reset its stream. */
    public void clientGone(String detail) {
        if (over) return;
        if (switched) {
            if (record.closedBy == null) record.closedBy = Side.CLIENT;
        } else record.fail(Reason.CLIENT_RESET, Side.CLIENT, detail);
        if (!responding) record.status = Reason.CLIENT_RESET.status();
        release();
        finish();
    }

    /** The request's body turned out to be malformed. */
    public void badBody(BadMessageException e) {
        fail(e.reason(), Side.CLIENT, e.detail(), null);
    }

    /** Whether nothing is left to do here, up to the last bytes' way out. */
    public boolean isOver() {
        return over;
    }

    /** When {@link #onDeadline} wants to be called, in the loop's nanoseconds; moves on with every progress. */
    public long deadlineNanos() {
        return deadlines.next();
    }

    /** Whether it may have to end although something moves: then its deadline is an early one. */
    public boolean isBoundedInTime() {
        return deadlines.isBounded();
    }

    /** Nothing moved for the idle time, or the route's time is over: says whose fault it is, and ends it. */
    public void onDeadline() {
        if (over) return;
        switch (deadlines.at(clock.nanoTime())) {
            case NONE -> {}
            case IDLE -> onIdle();
            case REQUEST -> fail(Reason.REQUEST_TIMEOUT, Side.BACKEND, record.backend, null);
            case BACKEND_REQUEST -> fail(Reason.BACKEND_REQUEST_TIMEOUT, Side.BACKEND, record.backend, null);
        }
    }

    private void onIdle() {
        if (inputEnded || outputEnded) {
            endSwitched(null);
            return;
        }
        if (access != null) {
            fail(Reason.AUTH_UNAVAILABLE, Side.EDGE, "no guard has decided for the idle time", null);
            return;
        }
        boolean waitsForClient = responding ? !downstream.isWritable() : !requestEnded && wantsBody();
        if (waitsForClient || switched) fail(Reason.IDLE_TIMEOUT, Side.CLIENT, "nothing came or went", null);
        else fail(Reason.BACKEND_IDLE, Side.BACKEND, record.backend, null);
    }

    // ---- what the attempts say

    @Override
    public void connected(Upstream connected) {
        progress();
        sentNanos = deadlines.lastProgress();
        connection = connected;
        connected.begin(
                this,
                new Upstream.Opening(
                        request,
                        client.forwarded(identity),
                        record.id,
                        matched == null ? null : RouteFilters.hostname(matched),
                        clientIpHeader));
        while (!held.isEmpty()) {
            bodySent = true;
            connected.write(held.poll());
        }
        if (requestEnded) connected.endRequest(requestTrailers);
        if (!starting) connected.flush(); // else the caller does, with more of the request
        connected.setReading(downstream.isWritable());
        if (!over && !requestEnded && wantsBody()) downstream.requestMore();
    }

    @Override
    public void unreachable(Reason reason, Side side, @Nullable String detail) {
        fail(reason, side, detail, null);
    }

    // ---- what the connection says

    void onFirstByte() {
        if (record.firstByteNanos == 0) record.firstByteNanos = clock.nanoTime();
    }

    void onInterim(ResponseHead head) throws BadMessageException {
        progress();
        HopByHop.stripResponse(head.fields());
        downstream.interim(head);
    }

    void onHead(ResponseHead head) throws BadMessageException {
        progress();
        if (attempts != null && replayable() && attempts.triesAgainAfter(head.status())) {
            answeredInVain(head);
            return;
        }
        responses.edit(head, record.id);
        downstream = responses.around(downstream, head);
        record.status = head.status();
        responding = true;
        if (attempts != null)
            attempts.answered(head.status(), Math.max(0, record.firstByteNanos - sentNanos), secure, head.fields());
        switched = head.status() == 101;
        if (switched) deadlines.idleOnly();
        downstream.respond(head);
    }

    private boolean replayable() {
        return !bodySent && !switched && (request.isIdempotent() || repeatable);
    }

    /** The backend's answer is one that another backend may better; nobody has seen it. */
    private void answeredInVain(ResponseHead head) {
        Upstream done = connection;
        connection = null;
        if (done != null) {
            describe(done);
            done.abandon();
        }
        record.firstByteNanos = 0;
        deadlines.backend(clock.nanoTime());
        if (attempts != null) attempts.nextAfter(head.status());
    }

    /** Takes {@code data}. */
    void onData(ByteBuf data) {
        progress();
        record.responseBytes += data.readableBytes();
        downstream.body(data);
        if (connection != null && !downstream.isWritable()) connection.setReading(false);
    }

    void onReadComplete() {
        downstream.flush();
    }

    void onUpstreamWritable() {
        progress();
        if (!over && (!requestEnded || switched) && wantsBody()) downstream.requestMore();
    }

    /** Writes down what only the connection knows, while it is still this exchange's. */
    void describe(Upstream ending) {
        client.serving().connector().describe(ending.channel(), record);
    }

    void onComplete(@Nullable Fields trailers) {
        connection = null;
        over = true;
        if (attempts != null) attempts.succeeded();
        finishAfter(downstream.end(trailers));
    }

    /** After a switch of protocols: the backend will send no more; the client may still. */
    void onBackendEnd() {
        if (over || outputEnded) return;
        outputEnded = true;
        endsFirst(Side.BACKEND);
        over = inputEnded; // before the last byte goes out, which may end the stream that calls back here
        lastToClient = downstream.end(null);
        downstream.flush();
        if (inputEnded) endSwitched(lastToClient);
    }

    /** After {@link #onBackendEnd}: the backend does not take what the client still sends. */
    void onBackendGone() {
        if (!over) endSwitched(lastToClient);
    }

    /** The connection ended before the response did. */
    void onBroken(Upstream.Broken where, @Nullable String resetBy) {
        Upstream broken = connection;
        if (broken == null || over) return;
        boolean replayable = !bodySent && (request.isIdempotent() || broken.headUnsent());
        if (where == Upstream.Broken.BEFORE_FIRST_BYTE
                && broken.reused()
                && replayable
                && !retriedAfresh
                && attempts != null) {
            retriedAfresh = true;
            connection = null;
            attempts.afresh();
            return;
        }
        describe(broken);
        if (where == Upstream.Broken.BEFORE_FIRST_BYTE
                && replayable()
                && attempts != null
                && attempts.triesAgainAfterReset()) {
            connection = null;
            deadlines.backend(clock.nanoTime());
            attempts.failed();
            attempts.next();
            return;
        }
        String detail = record.backend + (resetBy == null ? " closed the connection" : ": " + resetBy);
        boolean midBody = where == Upstream.Broken.IN_BODY;
        fail(midBody ? Reason.BACKEND_RESET_MID_BODY : Reason.BACKEND_RESET, Side.BACKEND, detail, null);
    }

    void onProtocolError(Reason reason, String detail) {
        fail(reason, Side.BACKEND, record.backend + ": " + detail, null);
    }

    void onDefect(Throwable cause) {
        log.error("request {} failed: {}", record.id, cause.toString());
        log.debug("request {}", record.id, cause);
        fail(Reason.INTERNAL, Side.EDGE, cause.toString(), null);
    }

    // ---- how it ends

    private void progress() {
        deadlines.progress(clock.nanoTime());
    }

    private void fail(Reason reason, Side side, @Nullable String detail, @Nullable Fields more) {
        answer(reason, reason.status(), more, side, detail, null);
    }

    private void answer(RouteAnswer answer) {
        Fields more = null;
        Page page = null;
        switch (answer) {
            case RouteAnswer.Redirect redirect -> more = ResponseEdits.field("location", redirect.location());
            case RouteAnswer.Direct direct -> page = direct.page();
            case RouteAnswer.Preflight preflight -> more = preflight.fields();
        }
        answer(answer.reason(), answer.status(), more, Side.EDGE, null, page);
    }

    private static Page text(String ascii) {
        return new Page("text/plain", ascii.getBytes(StandardCharsets.US_ASCII));
    }

    /** @param page the whole body, or null: an error page, or the reason's sentence */
    private void answer(
            Reason reason, int status, @Nullable Fields more, Side side, @Nullable String detail, @Nullable Page page) {
        if (over) return;
        record.fail(reason, side, detail);
        if (side == Side.BACKEND && attempts != null) attempts.failed();
        release();
        if (responding) {
            finish();
            downstream.abort();
            downstream.flush();
            return;
        }
        record.status = status;
        finishAfter(downstream.answer(responses.answer(
                reason,
                record.id,
                status,
                more == null ? new Fields() : more,
                page,
                LocalAnswer.isGrpc(request.fields()))));
    }

    /** Lets go of the backend and of what is held. */
    private void release() {
        over = true;
        Upstream abandoned = connection;
        connection = null;
        if (abandoned != null) {
            describe(abandoned);
            if (switched) abandoned.closeAfterFlush();
            else abandoned.abandon();
        }
        if (access != null) access.cancel();
        if (attempts != null) attempts.cancel();
        while (!held.isEmpty()) held.poll().release();
        if (mirrors != null) mirrors.drop();
        mirrors = null;
    }

    private void finishAfter(Future<?> lastByte) {
        downstream.flush();
        lastByte.addListener(sent -> {
            if (!sent.isSuccess()) record.fail(Reason.CLIENT_RESET, Side.CLIENT, "before the last byte was sent");
            finish();
        });
    }

    private void finish() {
        if (downstream instanceof CompressingDownstream compressing) compressing.close();
        record.endNanos = clock.nanoTime();
        client.serving().recorder().finish(record);
    }
}
