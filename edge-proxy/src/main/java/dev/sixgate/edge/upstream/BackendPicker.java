package dev.sixgate.edge.upstream;

import dev.sixgate.edge.balancer.Balancer;
import dev.sixgate.edge.balancer.Balancer.Choice;
import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.balancer.Balancer.None;
import dev.sixgate.edge.balancer.Call;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.networkpolicy.Verdict;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Concurrency;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks the balancer for a backend on behalf of one request or raw connection, and waits in the service's queue while every
 * backend is at its hard limit, up to the queue's deadline. On one event loop.
 */
public final class BackendPicker {
    /** Told once for each {@link #pick}, perhaps before that returns, unless {@link #cancel} came first. */
    public interface Picked {
        /** Takes {@code lease}. */
        void picked(Lease lease);

        /** @param allTried the request failed on every backend there is; else {@code reason} says why none was given */
        void none(boolean allTried, Reason reason, String detail);
    }

    /** Backends in a row that policies deny, before the rest is taken to be denied too. */
    static final int MAX_DENIED = 32;

    private final Balancer balancer;
    private final PolicyCheck policies;
    private final Protocol protocol;
    private final EventLoop loop;
    private final Ticker clock;
    private final Call call;
    private final RequestRecord record;
    private final Picked picked;
    private @Nullable ScheduledFuture<?> deadline;
    private long queuedAtNanos;
    private int candidatesBefore;

    /** @param protocol of the flow that a backend is picked for */
    public BackendPicker(
            Serving serving, Protocol protocol, EventLoop loop, Call call, RequestRecord record, Picked picked) {
        this.balancer = serving.balancer();
        this.policies = serving.policies();
        this.protocol = protocol;
        this.loop = loop;
        this.clock = LoopClock.of(loop);
        this.call = call;
        this.record = record;
        this.picked = picked;
    }

    /** The request failed on this backend: it is not given again. */
    public void tried(String backend) {
        call.tried.add(backend);
    }

    public void pick() {
        candidatesBefore = record.candidates.size();
        ask();
    }

    private void ask() {
        Verdict denied = null;
        for (int i = 0; i < MAX_DENIED; i++) {
            Choice choice = balancer.pick(call, clock.nanoTime());
            if (!(choice instanceof Lease lease)) {
                boolean nobodyLeft = choice == None.ALL_TRIED || choice == None.NO_BACKEND;
                if (denied != null && nobodyLeft) break;
                none((None) choice);
                return;
            }
            Verdict verdict = judge(lease.backend());
            if (verdict.allowed()) {
                stopWaiting();
                record.choice = call.how;
                picked.picked(lease);
                return;
            }
            denied = verdict;
            lease.abandoned();
            tried(lease.backend().name());
        }
        if (denied != null) refuse(true, Reason.DENIED_BY_POLICY, denied.why());
    }

    private void none(None none) {
        String app = "app " + call.app.name() + ", service " + call.service.name();
        switch (none) {
            case FULL -> queue(app);
            case NO_BACKEND -> refuse(false, Reason.NO_BACKEND, app);
            case ALL_TRIED -> refuse(true, Reason.NO_BACKEND, app);
            case ALL_UNHEALTHY -> refuse(false, Reason.NO_HEALTHY_BACKEND, app);
        }
    }

    private Verdict judge(Backend backend) {
        int port = backend.port() != 0 ? backend.port() : call.service.internalPort();
        Verdict verdict = policies.check(record, backend, port, protocol);
        record.policy = verdict.policy() == null ? null : verdict.why();
        if (!verdict.allowed()) noteDenied(backend, verdict);
        return verdict;
    }

    /** The balancer listed it as taken. */
    private void noteDenied(Backend backend, Verdict verdict) {
        List<Candidate> all = record.candidates;
        for (int i = all.size() - 1; i >= 0; i--) {
            Candidate each = all.get(i);
            if (!each.backend().equals(backend.name()) || each.why() != null) continue;
            String why = "denied by policy " + verdict.policy();
            all.set(i, new Candidate(each.backend(), each.inFlight(), each.failing(), each.expectedNanos(), why));
            return;
        }
    }

    private void queue(String app) {
        Concurrency limits = call.service.backendPolicy().concurrency();
        if (!balancer.await(call, () -> loop.execute(this::free))) {
            refuse(false, Reason.BACKENDS_FULL, app + ", " + limits.queueMax() + " requests wait already");
            return;
        }
        if (deadline != null) return; // called in vain, and waiting on
        queuedAtNanos = clock.nanoTime();
        deadline = loop.schedule(
                () -> refuse(
                        false,
                        Reason.QUEUE_TIMEOUT,
                        app + ", after " + limits.queueTimeout().toMillis() + " ms"),
                limits.queueTimeout().toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private void free() {
        if (deadline == null) return;
        // The choice is listed once, as it fell at last.
        List<Candidate> all = record.candidates;
        all.subList(Math.min(candidatesBefore, all.size()), all.size()).clear();
        ask();
    }

    private void refuse(boolean allTried, Reason reason, String detail) {
        stopWaiting();
        balancer.leave(call);
        picked.none(allTried, reason, detail);
    }

    private void stopWaiting() {
        if (deadline == null) return;
        deadline.cancel(false);
        deadline = null;
        record.queuedNanos += clock.nanoTime() - queuedAtNanos;
    }

    /** Waits no longer. Idempotent. */
    public void cancel() {
        stopWaiting();
        balancer.leave(call);
    }
}
