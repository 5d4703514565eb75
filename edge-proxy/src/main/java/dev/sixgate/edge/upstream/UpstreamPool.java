package dev.sixgate.edge.upstream;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Idle keep-alive connections to backends. Each event loop has a shelf of its own that only it touches, so there is no
 * lock; the most recently used connection goes out first, so that a pool too large for its load shrinks. An idle connection
 * is read from: a close, or bytes that nobody asked for, take it off its shelf at once.
 */
public final class UpstreamPool {
    private final int maxIdlePerBackend;
    private final long idleNanos;
    private final Map<EventLoop, Shelf> shelves = new ConcurrentHashMap<>();
    private volatile boolean closed;

    public UpstreamPool() {
        this(64, Duration.ofSeconds(30));
    }

    /**
     * @param maxIdlePerBackend on each event loop
     * @param idleTimeout after which an unused connection is closed, at most half as much later
     */
    public UpstreamPool(int maxIdlePerBackend, Duration idleTimeout) {
        this.maxIdlePerBackend = maxIdlePerBackend;
        this.idleNanos = idleTimeout.toNanos();
    }

    /** On {@code loop}. The connection is the caller's until it is given back or closed. */
    @Nullable
    UpstreamConnection acquire(EventLoop loop, BackendKey key) {
        Shelf shelf = shelves.get(loop);
        return shelf == null ? null : shelf.take(key);
    }

    /** On the connection's loop; closes it when the pool is full or closed. */
    void release(UpstreamConnection connection) {
        Shelf shelf = closed ? null : shelves.computeIfAbsent(connection.loop(), Shelf::new);
        if (shelf == null || !shelf.put(connection)) connection.close();
        else if (closed) shelf.closeAll(); // closed between the two looks
    }

    /** On the connection's loop: it closed while idle. */
    void forget(UpstreamConnection connection) {
        Shelf shelf = shelves.get(connection.loop());
        if (shelf != null) shelf.remove(connection);
    }

    /** Closes what is idle; connections in use close when their exchange ends. From any thread. */
    public void close() {
        closed = true;
        shelves.forEach((loop, shelf) -> {
            if (!loop.isShuttingDown()) loop.execute(shelf::closeAll);
        });
    }

    /** What one event loop keeps. */
    private final class Shelf {
        private final EventLoop loop;
        private final Map<BackendKey, ArrayDeque<UpstreamConnection>> idle = new LinkedHashMap<>();
        private boolean sweeping;

        Shelf(EventLoop loop) {
            this.loop = loop;
        }

        @Nullable
        UpstreamConnection take(BackendKey key) {
            ArrayDeque<UpstreamConnection> connections = idle.get(key);
            UpstreamConnection latest = connections == null ? null : connections.pollLast();
            while (latest != null && !latest.isUsable()) latest = connections.pollLast();
            return latest;
        }

        boolean put(UpstreamConnection connection) {
            ArrayDeque<UpstreamConnection> connections =
                    idle.computeIfAbsent(connection.key(), key -> new ArrayDeque<>(4));
            if (connections.size() >= maxIdlePerBackend) return false;
            connection.idleSinceNanos = LoopClock.of(loop).nanoTime();
            connections.addLast(connection);
            if (!sweeping) sweepLater();
            return true;
        }

        void remove(UpstreamConnection connection) {
            ArrayDeque<UpstreamConnection> connections = idle.get(connection.key());
            if (connections != null) connections.remove(connection);
        }

        private void sweepLater() {
            sweeping = true;
            loop.schedule(this::sweep, Math.max(1, idleNanos / 2), TimeUnit.NANOSECONDS);
        }

        private void sweep() {
            long now = LoopClock.of(loop).nanoTime();
            for (Iterator<ArrayDeque<UpstreamConnection>> backends =
                            idle.values().iterator();
                    backends.hasNext(); ) {
                ArrayDeque<UpstreamConnection> connections = backends.next();
                while (!connections.isEmpty() && now - connections.peekFirst().idleSinceNanos >= idleNanos)
                    connections.pollFirst().close();
                if (connections.isEmpty()) backends.remove();
            }
            sweeping = false;
            if (!idle.isEmpty()) sweepLater();
        }

        void closeAll() {
            for (ArrayDeque<UpstreamConnection> connections : idle.values())
                while (!connections.isEmpty()) connections.pollLast().close();
            idle.clear();
        }
    }
}
