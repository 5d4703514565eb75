package dev.sixgate.edge.upstream;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.balancer.Call;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.SessionPersistence;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Gets one request a connection: asks the balancer, takes a pooled connection or opens one, and goes on to the next
 * backend while none could be reached. Holds the lease on the backend, and ends it exactly once.
 */
final class Attempts implements BackendPicker.Picked {
    /** Told once for each {@link #next} or {@link #afresh}, unless {@link #cancel} came first. */
    interface Outcome {
        void connected(Upstream connection);

        void unreachable(Reason reason, Side side, @Nullable String detail);
    }

    private final Serving serving;
    private final EventLoop loop;
    private final Ticker clock;
    private final Route route;
    private final Call call;
    private final boolean webSocket;
    private final RequestRecord record;
    private final Outcome outcome;
    private final BackendPicker picker;
    private @Nullable Lease lease;
    private @Nullable ChannelFuture connecting;
    private long connectedAt;
    private boolean cancelled;
    private @Nullable ConnectFailure last;

    /** @param webSocket needs a connection of its own, by HTTP/1.1 */
    Attempts(
            Serving serving,
            EventLoop loop,
            Route route,
            Call call,
            boolean webSocket,
            RequestRecord record,
            Outcome outcome) {
        this.webSocket = webSocket;
        this.serving = serving;
        this.loop = loop;
        this.clock = LoopClock.of(loop);
        this.route = route;
        this.call = call;
        this.record = record;
        this.outcome = outcome;
        if (!route.retry().codes().isEmpty() || route.retry().afterReset())
            serving.retryBudgets()
                    .deposit(route.app(), route.service(), route.retry().budgetPercent());
        this.picker = new BackendPicker(serving, Protocol.TCP, loop, call, record, this);
    }

    /** Chooses a backend that was not tried yet, perhaps after a wait in the service's queue. */
    void next() {
        if (last != null && isSpent()) {
            giveUp(last);
            return;
        }
        try {
            picker.pick();
        } catch (RuntimeException e) {
            giveUp(new ConnectFailure(Reason.INTERNAL, Side.EDGE, e.toString()));
        }
    }

    @Override
    public void none(boolean allTried, Reason reason, String detail) {
        Side side = reason == Reason.DENIED_BY_POLICY ? Side.CLIENT : Side.EDGE;
        giveUp(allTried && last != null ? last : new ConnectFailure(reason, side, detail));
    }

    @Override
    public void picked(Lease taken) {
        lease = taken;
        Backend backend = taken.backend();
        picker.tried(backend.name());
        connectedAt = clock.nanoTime();
        BackendKey key = key(backend);
        record.attempts++;
        record.backend = backend.name();
        record.region = backend.region();
        record.backendAddress = new InetSocketAddress(key.address(), key.port());
        if (key.protocol().http2()) {
            join(taken, key);
            return;
        }
        UpstreamConnection idle = serving.pool().acquire(loop, key);
        record.connectionReused = idle != null;
        if (idle != null) outcome.connected(idle);
        else connect(taken, key);
    }

    /** Opens a new connection to the same backend: the pooled one had died unnoticed. */
    void afresh() {
        Lease held = lease;
        if (held == null) throw new AssertionError("no backend was chosen");
        record.connectionReused = false;
        BackendKey key = key(held.backend());
        if (key.protocol().http2()) join(held, key);
        else connect(held, key);
    }

    private BackendKey key(Backend backend) {
        int port = backend.port() != 0 ? backend.port() : route.service().internalPort();
        BackendProtocol protocol = route.service().backendProtocol();
        if (webSocket) protocol = protocol.withoutHttp2();
        boolean embed = route.service().embedsClient() && !backend.insecureDirect();
        return new BackendKey(
                backend.address(), port, backend.insecureDirect(), protocol, embed ? record.client.getAddress() : null);
    }

    private void connect(Lease held, BackendKey key) {
        Backend backend = held.backend();
        long startedAt = clock.nanoTime();
        UpstreamConnection connection = new UpstreamConnection(serving.pool(), key);
        ChannelFuture future = dial(backend, key, connection);
        connecting = future.isDone() ? null : future;
        future.addListener(done -> {
            connecting = null;
            long took = clock.nanoTime() - startedAt;
            if (cancelled) {
                future.channel().close();
            } else if (done.isSuccess()) {
                record.connectNanos = took;
                held.connected(took, clock.nanoTime());
                outcome.connected(connection);
            } else failed(future, backend, key, took);
        });
    }

    private ChannelFuture dial(Backend backend, BackendKey key, ChannelHandler handler) {
        return new BackendDialer(serving.connector(), serving.pool().tls())
                .dial(loop, backend, key, route.port().tcp().connectTimeout(), handler);
    }

    private void failed(ChannelFuture attempt, Backend backend, BackendKey key, long took) {
        serving.connector().describe(attempt.channel(), record);
        last = ConnectFailure.of(attempt.cause(), backend, key.port(), took, record);
        failed();
        next();
    }

    /** Takes a place on a shared connection that has one, or is the first on a new one. */
    private void join(Lease held, BackendKey key) {
        Backend backend = held.backend();
        long startedAt = clock.nanoTime();
        BackendSession shared = serving.pool().session(loop, key);
        boolean known = shared != null;
        BackendSession session = known ? shared : serving.pool().opened(loop, key);
        if (!known) session.connecting(dial(backend, key, session));
        session.reserve();
        ChannelFuture connected = session.connecting();
        record.connectionReused = known && connected.isDone();
        connected.addListener(done -> {
            long took = clock.nanoTime() - startedAt;
            if (cancelled || !done.isSuccess()) {
                session.unreserve();
                if (!cancelled) failed(connected, backend, key, took);
                return;
            }
            BackendStream stream = session.open();
            if (stream == null) { // it ended while this request stood in line
                session.end();
                join(held, key);
                return;
            }
            if (!known) {
                record.connectNanos = took;
                held.connected(took, clock.nanoTime());
            }
            outcome.connected(stream);
        });
    }

    private void giveUp(ConnectFailure failure) {
        outcome.unreachable(failure.reason(), failure.side(), failure.detail());
    }

    private boolean isSpent() {
        return record.attempts > route.retry().attempts();
    }

    /** Whether an answer of this status is thrown away and another backend asked, which then is paid for. */
    boolean triesAgainAfter(int status) {
        return route.retry().codes().contains(status) && !isSpent() && pays();
    }

    /** Whether another backend is asked after one whose connection broke before the response began; then it is paid for. */
    boolean triesAgainAfterReset() {
        return route.retry().afterReset() && !isSpent() && pays();
    }

    private boolean pays() {
        return serving.retryBudgets().withdraw(route.app(), route.service());
    }

    /** Goes on to another backend after an answer of this status. */
    void nextAfter(int status) {
        Lease ended = lease;
        lease = null;
        long now = clock.nanoTime();
        if (ended != null) {
            ended.answered(status, Math.max(0, now - connectedAt), now);
            ended.succeeded(now);
        }
        last = new ConnectFailure(Reason.NO_BACKEND, Side.EDGE, "no backend to try again after a " + status);
        if (call.tried.size() >= route.app().backends().size()) call.tried.clear(); // then the same one, once more
        next();
    }

    /** The backend began to answer. @param response gets what brings the client back to this backend */
    void answered(int status, long waitedNanos, boolean secure, Fields response) {
        if (lease == null) return;
        lease.answered(status, waitedNanos, clock.nanoTime());
        SessionPersistence persistence = route.persistence();
        String session = lease.session();
        if (persistence != null && session != null)
            ClientKey.remember(persistence, session, call.session, secure, response);
    }

    // ---- how the lease ends

    void succeeded() {
        Lease ended = lease;
        lease = null;
        if (ended != null) ended.succeeded(clock.nanoTime());
    }

    /** The backend could not be reached, or broke. */
    void failed() {
        Lease ended = lease;
        lease = null;
        if (ended != null) ended.failed(clock.nanoTime());
    }

    /** The client's side ended it; a connection that is being made is given up, and so is a place in the queue. */
    void cancel() {
        cancelled = true;
        picker.cancel();
        if (connecting != null) connecting.channel().close();
        Lease ended = lease;
        lease = null;
        if (ended != null) ended.abandoned();
    }
}
