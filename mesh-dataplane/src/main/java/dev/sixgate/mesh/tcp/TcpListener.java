package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A listening address and port, and the connections that its application has not answered yet. Up to {@code backlog} may
 * be half-open; beyond that SYNs are answered with cookies, and up to {@code backlog} connections completed by one wait.
 */
public final class TcpListener {
    private final TcpStack stack;
    private final @Nullable Ipv6Address localAddress;
    private final int localPort;
    private final int backlog;
    final TcpOptions options;
    private final ArrayDeque<TcpConnection> pending = new ArrayDeque<>();
    /** Their handshake was completed by a SYN cookie. */
    private final ArrayDeque<TcpConnection> completed = new ArrayDeque<>();
    /** SYNs that the application has not answered, and SYN-ACKs that the remote has not. */
    private int halfOpen;
    /** Completed ones that the application has not answered, taken or not. */
    private int unanswered;

    boolean hasSentCookies;
    long cookieSentAt;
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
     * The next connection that the application is to answer with {@link TcpConnection#accept} or
     * {@link TcpConnection#refuse}, or null. Mostly its SYN is not answered yet, and the SYN's repetitions are silent until
     * it is; when too many are half-open it may come completed, and refusing it is a RST on an open connection. One that is
     * never answered ends by itself after its connect timeout.
     */
    public @Nullable TcpConnection pollPending() {
        TcpConnection connection = completed.isEmpty() ? pending.poll() : completed.poll();
        if (connection != null) connection.isTaken = true;
        return connection;
    }

    /** As {@link #pollPending}, but only those that are completed: for an application that wants no more half-open ones. */
    public @Nullable TcpConnection pollCompleted() {
        return completed.isEmpty() ? null : pollPending();
    }

    /** New SYNs get RST from now on, pending ones too; accepted connections and those already polled stay. */
    public void close(long nowNanos) {
        if (isClosed) return;
        isClosed = true;
        stack.remove(this);
        for (TcpConnection connection = pending.poll(); connection != null; connection = pending.poll())
            connection.refuse(nowNanos);
        for (TcpConnection connection = completed.poll(); connection != null; connection = completed.poll())
            connection.refuse(nowNanos);
    }

    /** No more may be half-open: SYNs are answered with cookies. */
    boolean isFull() {
        return halfOpen >= backlog;
    }

    /** The application does not even take completed ones. */
    boolean isBehind() {
        return unanswered >= backlog;
    }

    boolean hasPending() {
        return !pending.isEmpty() || !completed.isEmpty();
    }

    void add(TcpConnection connection) {
        halfOpen++;
        pending.add(connection);
    }

    void addCompleted(TcpConnection connection) {
        unanswered++;
        completed.add(connection);
    }

    /** One that was pending was accepted, refused or is gone. */
    void onPendingAnswered(TcpConnection connection) {
        pending.remove(connection);
    }

    /** The remote acknowledged our SYN-ACK, or it never will. */
    void onHalfOpenEnded() {
        halfOpen--;
    }

    /** A completed one was accepted, refused or is gone. */
    void onCompletedAnswered(TcpConnection connection) {
        unanswered--;
        completed.remove(connection);
    }

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;
}
