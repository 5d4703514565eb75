package dev.sixgate.edge.upstream;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.servicemap.Backend;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gets one request a connection: asks the balancer, takes a pooled connection or opens one, and goes on to the next
 * backend while none could be reached. Holds the lease on the backend, and ends it exactly once.
 */
final class Attempts {
    private static final int MAX_BACKENDS = 3;

    /** Told once for each {@link #next} or {@link #afresh}, unless {@link #cancel} came first. */
    interface Outcome {
        void connected(UpstreamConnection connection);

        void unreachable(Reason reason, Side side, @Nullable String detail);
    }

    private final Serving serving;
    private final EventLoop loop;
    private final Ticker clock;
    private final Route route;
    private final RequestRecord record;
    private final Outcome outcome;
    private final Set<String> tried = new HashSet<>(4);
    private @Nullable Lease lease;
    private @Nullable ChannelFuture connecting;
    private boolean cancelled;
    private @Nullable ConnectFailure last;

    Attempts(Serving serving, EventLoop loop, Route route, RequestRecord record, Outcome outcome) {
        this.serving = serving;
        this.loop = loop;
        this.clock = LoopClock.of(loop);
        this.route = route;
        this.record = record;
        this.outcome = outcome;
    }

    /** Chooses a backend that was not tried yet. */
    void next() {
        try {
            chooseAndConnect();
        } catch (RuntimeException e) {
            giveUp(new ConnectFailure(Reason.INTERNAL, Side.EDGE, e.toString()));
        }
    }

    private void chooseAndConnect() {
        if (last != null && record.attempts >= MAX_BACKENDS) {
            giveUp(last);
            return;
        }
        lease = serving.balancer().pick(route.app(), tried, record.candidates, clock.nanoTime());
        // A balancer may come back to a backend that failed when it has no other; once is enough.
        if (lease != null && !tried.add(lease.backend().name()) && last != null) {
            lease.abandoned();
            lease = null;
        }
        if (lease == null) {
            giveUp(
                    last == null
                            ? new ConnectFailure(
                                    Reason.NO_BACKEND,
                                    Side.EDGE,
                                    "app " + route.app().name())
                            : last);
            return;
        }
        Backend backend = lease.backend();
        BackendKey key = key(backend);
        record.attempts++;
        record.backend = backend.name();
        record.region = backend.region();
        record.backendAddress = new InetSocketAddress(key.address(), key.port());
        UpstreamConnection idle = serving.pool().acquire(loop, key);
        record.connectionReused = idle != null;
        if (idle != null) outcome.connected(idle);
        else connect(backend, key);
    }

    /** Opens a new connection to the same backend: the pooled one had died unnoticed. */
    void afresh() {
        Lease held = lease;
        if (held == null) throw new AssertionError("no backend was chosen");
        record.connectionReused = false;
        connect(held.backend(), key(held.backend()));
    }

    private BackendKey key(Backend backend) {
        int port = backend.port() != 0 ? backend.port() : route.service().internalPort();
        return new BackendKey(backend.address(), port, backend.insecureDirect());
    }

    private void connect(Backend backend, BackendKey key) {
        long startedAt = clock.nanoTime();
        UpstreamConnection connection = new UpstreamConnection(serving.pool(), key);
        ChannelFuture future = serving.connector()
                .connect(loop, backend, key.port(), route.port().tcp().connectTimeout(), connection);
        connecting = future.isDone() ? null : future;
        future.addListener(done -> {
            connecting = null;
            if (cancelled) {
                future.channel().close();
            } else if (done.isSuccess()) {
                record.connectNanos = clock.nanoTime() - startedAt;
                outcome.connected(connection);
            } else {
                long took = clock.nanoTime() - startedAt;
                serving.connector().describe(future.channel(), record);
                last = ConnectFailure.of(done.cause(), backend, key.port(), took, record);
                failed();
                next();
            }
        });
    }

    private void giveUp(ConnectFailure failure) {
        outcome.unreachable(failure.reason(), failure.side(), failure.detail());
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

    /** The client's side ended it; a connection that is being made is given up. */
    void cancel() {
        cancelled = true;
        if (connecting != null) connecting.channel().close();
        Lease ended = lease;
        lease = null;
        if (ended != null) ended.abandoned();
    }
}
