package dev.sixgate.edge.upstream;

import java.time.Duration;

/** Idle keep-alive connections to backends, by event loop and backend. Contract; bodies follow. */
public final class UpstreamPool {
    private final int maxIdlePerBackend;
    private final Duration idleTimeout;

    public UpstreamPool() {
        this(64, Duration.ofSeconds(30));
    }

    /** @param maxIdlePerBackend on each event loop */
    public UpstreamPool(int maxIdlePerBackend, Duration idleTimeout) {
        this.maxIdlePerBackend = maxIdlePerBackend;
        this.idleTimeout = idleTimeout;
    }

    /** Closes what is idle; connections in use close when their exchange ends. From any thread. */
    public void close() {}

    @Override
    public String toString() {
        return "UpstreamPool[" + maxIdlePerBackend + " idle, " + idleTimeout + "]";
    }
}
