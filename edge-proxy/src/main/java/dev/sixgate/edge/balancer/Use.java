package dev.sixgate.edge.balancer;

import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.SessionPersistence;
import org.jspecify.annotations.Nullable;

/** One use of a backend. */
final class Use implements Balancer.Lease {
    private static final int FIRST_FAILURE_STATUS = 500;

    private final ServiceView view;
    private final int index;
    private final BackendState state;
    private final @Nullable SessionPersistence persistence;
    private long under;
    private boolean judged;
    private boolean ended;

    Use(ServiceView view, int index, BackendState state, long under, @Nullable SessionPersistence persistence) {
        this.persistence = persistence;
        this.view = view;
        this.index = index;
        this.state = state;
        this.under = under;
    }

    @Override
    public Backend backend() {
        return view.backends().get(index);
    }

    @Override
    public @Nullable String session() {
        return view.session(index, persistence);
    }

    @Override
    public void connected(long rttNanos, long nowNanos) {
        if (rttNanos < 0) return;
        synchronized (view.shared()) {
            // Of the path alone: better than nothing, and no measure of the app once that is known.
            if (!state.answerTime.known()) state.answerTime.took(rttNanos, nowNanos);
        }
    }

    @Override
    public void answered(int status, long waitedNanos, long nowNanos) {
        synchronized (view.shared()) {
            boolean well = status < FIRST_FAILURE_STATUS;
            if (well) state.answerTime.took(waitedNanos, nowNanos);
            else state.answerTime.failedAfter(waitedNanos, nowNanos);
            judge(well, nowNanos);
            if (status > 0) view.answered(index, well, nowNanos);
        }
    }

    @Override
    public void reached() {
        if (ended) return;
        synchronized (view.shared()) {
            under = state.worked(under);
        }
    }

    @Override
    public boolean working() {
        synchronized (view.shared()) {
            return !state.failing();
        }
    }

    @Override
    public void succeeded(long nowNanos) {
        synchronized (view.shared()) {
            end();
            judge(true, nowNanos);
            state.worked(under);
            view.shared().callNext();
        }
    }

    @Override
    public void failed(long nowNanos) {
        synchronized (view.shared()) {
            end();
            judge(false, nowNanos);
            state.failed(under, nowNanos);
            view.shared().callNext();
        }
    }

    @Override
    public void abandoned() {
        synchronized (view.shared()) {
            end();
            state.undecided(under);
            view.shared().callNext();
        }
    }

    private void judge(boolean well, long nowNanos) {
        if (!judged) state.answerTime.ended(well, nowNanos);
        judged = true;
    }

    private void end() {
        if (ended)
            throw new AssertionError(
                    "a lease ends once; this one of " + backend().name() + " ended twice");
        ended = true;
        state.inFlight--;
    }
}
