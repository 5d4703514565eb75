package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import org.jspecify.annotations.Nullable;

/** A listening address and port. Contract; see the words at each method. */
public final class TcpListener {
    TcpListener() {}

    public @Nullable Ipv6Address localAddress() {
        throw new UnsupportedOperationException();
    }

    public int localPort() {
        throw new UnsupportedOperationException();
    }

    /**
     * The next connection in SYN-RECEIVED whose SYN is not answered yet, or null. The taker answers with
     * {@link TcpConnection#accept} or {@link TcpConnection#refuse}; until then the SYN's repetitions are silent.
     */
    public @Nullable TcpConnection pollPending() {
        throw new UnsupportedOperationException();
    }

    /** New SYNs get RST from now on, pending ones too; accepted connections stay. */
    public void close(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;
}
