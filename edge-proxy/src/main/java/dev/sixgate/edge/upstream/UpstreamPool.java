package dev.sixgate.edge.upstream;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Idle keep-alive connections to backends. Each event loop has a shelf of its own that only it touches, so there is no
 * lock; the most recently used connection goes out first, so that a pool too large for its load shrinks. An idle connection
 * is read from: a close, or bytes that nobody asked for, take it off its shelf at once. HTTP/2 connections stand here while in use, for others to join.
 */
public final class UpstreamPool {
    private final int maxIdlePerBackend;
    private final long idleNanos;
    private final Map<EventLoop, Shelf> shelves = new ConcurrentHashMap<>();
    private final BackendTlsContexts tls = new BackendTlsContexts();
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

    /** On {@code loop}: a shared connection with room for one more stream, or null. */
    @Nullable
    BackendSession session(EventLoop loop, BackendKey key) {
        Shelf shelf = shelves.get(loop);
        return shelf == null ? null : shelf.session(key);
    }

    /** On {@code loop}: a shared connection that the caller now connects. */
    BackendSession opened(EventLoop loop, BackendKey key) {
        BackendSession session = BackendSession.create(this, key, loop);
        shelves.computeIfAbsent(loop, Shelf::new).share(session);
        return session;
    }

    /** On the connection's loop: it takes no more streams. */
    void forget(BackendSession session) {
        Shelf shelf = shelves.get(session.loop());
        if (shelf != null) shelf.unshare(session);
    }

    /** Connections beside the pool, with its TLS. */
    public BackendDialer dialer(UpstreamConnector connector) {
        return new BackendDialer(connector, tls);
    }

    BackendTlsContexts tls() {
        return tls;
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
        private final Map<BackendKey, List<BackendSession>> shared = new LinkedHashMap<>();
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

        /** The oldest that has room, so that the others may run empty. */
        @Nullable
        BackendSession session(BackendKey key) {
            List<BackendSession> sessions = shared.get(key);
            if (sessions != null) for (BackendSession session : sessions) if (session.hasRoom()) return session;
            return null;
        }

        void share(BackendSession session) {
            shared.computeIfAbsent(session.key(), key -> new ArrayList<>(2)).add(session);
            if (!sweeping) sweepLater();
        }

        void unshare(BackendSession session) {
            List<BackendSession> sessions = shared.get(session.key());
            if (sessions == null) return;
            sessions.remove(session);
            if (sessions.isEmpty()) shared.remove(session.key());
        }

        private List<BackendSession> sessions() {
            List<BackendSession> all = new ArrayList<>();
            shared.values().forEach(all::addAll);
            return all;
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
            for (BackendSession session : sessions())
                if (session.isIdle() && now - session.idleSinceNanos >= idleNanos) session.end();
            sweeping = false;
            if (!idle.isEmpty() || !shared.isEmpty()) sweepLater();
        }

        void closeAll() {
            for (ArrayDeque<UpstreamConnection> connections : idle.values())
                while (!connections.isEmpty()) connections.pollLast().close();
            idle.clear();
            for (BackendSession session : sessions()) session.end();
        }
    }
}
