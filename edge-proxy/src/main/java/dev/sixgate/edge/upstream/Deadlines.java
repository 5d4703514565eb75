package dev.sixgate.edge.upstream;

import java.time.Duration;

/** When an exchange has taken too long: without progress, as a whole, or with one backend. Nanoseconds of the loop. */
final class Deadlines {
    enum Passed {
        NONE,
        IDLE,
        REQUEST,
        BACKEND_REQUEST
    }

    private long idleNanos;
    private long progressAt;
    private long requestAt;
    private long backendAt;
    private long backendNanos;
    private boolean requestBounded;
    private boolean backendBounded;

    Deadlines(Duration idle, long nowNanos) {
        idleNanos = idle.toNanos();
        progressAt = nowNanos;
    }

    void idle(Duration idle) {
        idleNanos = idle.toNanos();
    }

    void idleAtMost(long nanos) {
        idleNanos = Math.min(idleNanos, nanos);
    }

    void progress(long nowNanos) {
        progressAt = nowNanos;
    }

    long lastProgress() {
        return progressAt;
    }

    /**
     * These times run from now on; zero: no bound.
     *
     * @param request until the response is complete
     * @param backendRequest one backend's share of that
     */
    void bound(Duration request, Duration backendRequest, long nowNanos) {
        requestBounded = !request.isZero();
        requestAt = nowNanos + request.toNanos();
        backendNanos = backendRequest.toNanos();
        backend(nowNanos);
    }

    /** Another backend has its own share of time from now on. */
    void backend(long nowNanos) {
        backendBounded = backendNanos != 0;
        backendAt = nowNanos + backendNanos;
    }

    /** What goes on for as long as both sides like, such as a WebSocket, has no end to wait for. */
    void idleOnly() {
        requestBounded = false;
        backendBounded = false;
    }

    boolean isBounded() {
        return requestBounded || backendBounded;
    }

    long next() {
        long next = progressAt + idleNanos;
        if (requestBounded) next = Math.min(next, requestAt);
        return backendBounded ? Math.min(next, backendAt) : next;
    }

    Passed at(long nowNanos) {
        if (requestBounded && nowNanos - requestAt >= 0) return Passed.REQUEST;
        if (backendBounded && nowNanos - backendAt >= 0) return Passed.BACKEND_REQUEST;
        return nowNanos - (progressAt + idleNanos) >= 0 ? Passed.IDLE : Passed.NONE;
    }
}
