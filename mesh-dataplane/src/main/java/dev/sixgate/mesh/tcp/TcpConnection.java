package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection (RFC 9293). The owner feeds it through {@link TcpStack}; the application side is polled: after
 * {@link TcpStack#pollReady} yields it, {@link #takeReadiness} says what changed. Contract; see the words at each method.
 */
public final class TcpConnection {
    /** The handshake completed (either role). */
    public static final int CONNECTED = 1;
    /** {@link #read} has something, or {@link #isInputShutdown} turned true. */
    public static final int READABLE = 2;
    /** {@link #write} was refused before and would take bytes now. */
    public static final int WRITABLE = 4;
    /** Gone: all sent data acknowledged and both sides closed, or failed; {@link #failure} says why. */
    public static final int CLOSED = 8;

    TcpConnection() {}

    public Ipv6Address localAddress() {
        throw new UnsupportedOperationException();
    }

    public int localPort() {
        throw new UnsupportedOperationException();
    }

    public Ipv6Address remoteAddress() {
        throw new UnsupportedOperationException();
    }

    public int remotePort() {
        throw new UnsupportedOperationException();
    }

    /** Bits of what became true since the last call. */
    public int takeReadiness() {
        throw new UnsupportedOperationException();
    }

    /** Established or later and not closed. */
    public boolean isConnected() {
        throw new UnsupportedOperationException();
    }

    /** The remote closed its half and everything before its FIN has been read. */
    public boolean isInputShutdown() {
        throw new UnsupportedOperationException();
    }

    /** Answers a pending SYN with SYN-ACK; {@link #CONNECTED} follows when the remote acknowledges. */
    public void accept(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Answers a pending SYN with RST; the connection is gone without an event. */
    public void refuse(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * The next bytes in order, owned by the caller, or null. Reading opens the window (updates by RFC 9293
     * §3.8.6.2.2, never shrinking the right edge).
     */
    public @Nullable ByteBuf read(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Bytes that {@link #read} would give now. */
    public int readableBytes() {
        throw new UnsupportedOperationException();
    }

    /**
     * Moves bytes from {@code data} into the send buffer up to its mark: a retained slice or, when small, a copy; the
     * reader index of {@code data} advances by what was taken. When not everything fits, {@link #WRITABLE} follows.
     *
     * @return bytes taken, 0 or more
     * @throws IllegalStateException after {@link #shutdownOutput} or close
     */
    public int write(ByteBuf data, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Bytes the send buffer would take now. */
    public int writableBytes() {
        throw new UnsupportedOperationException();
    }

    /** FIN after everything written. Idempotent. */
    public void shutdownOutput(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * The application is done with both directions: FIN after everything written; data that still arrives, or is
     * unread, is answered with RST (RFC 2525 §2.17). The connection goes on by itself to TIME-WAIT.
     */
    public void close(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** RST now; buffers are released. */
    public void abort(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * Why it ended: {@code ConnectException} (refused), {@code NoRouteToHostException},
     * {@code SocketTimeoutException}, {@code IOException("Connection reset by peer")}; null: orderly or not ended.
     * Without stack trace.
     */
    public @Nullable IOException failure() {
        throw new UnsupportedOperationException();
    }

    /**
     * Writes one whole IPv6 packet at the writer index of {@code target}, which has at least the MTU's room.
     *
     * @return false when there is nothing to send now; {@code target} is then unchanged
     */
    public boolean pollPacket(ByteBuf target, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** A copy of the figures that explain shows. */
    public TcpStatistics statistics(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;

    /** Free for the mesh: the peer's transmit queue it belongs to. */
    public @Nullable Object path;
}
