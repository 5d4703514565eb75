package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A listening address and port, and the connections whose SYN it has not answered yet. */
public final class TcpListener {
    private final TcpStack stack;
    private final @Nullable Ipv6Address localAddress;
    private final int localPort;
    private final int backlog;
    final TcpOptions options;
    private final ArrayDeque<TcpConnection> pending = new ArrayDeque<>();
    /** Pending ones that were taken are in no queue, but count against the backlog. */
    private int unanswered;

    boolean isQueued;
    private boolean isClosed;

    TcpListener(TcpStack stack, @Nullable Ipv6Address localAddress, int localPort, int backlog, TcpOptions options) {
        if (backlog < 1) throw new IllegalArgumentException("a backlog of " + backlog + " would take no connection");
        this.stack = stack;
        this.localAddress = localAddress;
        this.localPort = localPort;
        this.backlog = backlog;
        this.options = options;
    }

    public @Nullable Ipv6Address localAddress() {
        return localAddress;
    }

    public int localPort() {
        return localPort;
    }

    /**
     * The next connection in SYN-RECEIVED whose SYN is not answered yet, or null. The taker answers with
     * {@link TcpConnection#accept} or {@link TcpConnection#refuse}; until then the SYN's repetitions are silent. One
     * that is never answered ends by itself after its connect timeout.
     */
    public @Nullable TcpConnection pollPending() {
        TcpConnection connection = pending.poll();
        if (connection != null) connection.isTaken = true;
        return connection;
    }

    /** New SYNs get RST from now on, pending ones too; accepted connections and those already polled stay. */
    public void close(long nowNanos) {
        if (isClosed) return;
        isClosed = true;
        stack.remove(this);
        for (TcpConnection connection = pending.poll(); connection != null; connection = pending.poll())
            connection.refuse(nowNanos);
    }

    boolean isFull() {
        return unanswered >= backlog;
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    void add(TcpConnection connection) {
        unanswered++;
        pending.add(connection);
    }

    /** Accepted, refused or gone. */
    void onAnswered(TcpConnection connection) {
        unanswered--;
        pending.remove(connection);
    }

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;
}
