package dev.sixgate.mesh.underlay;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.MeshConfig;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;

/**
 * Runs one {@link Mesh} on one event loop with one UDP socket: receives batches, runs timers, X25519 on an executor of its
 * own, and pulls trains once per loop iteration while the socket takes them. Contract; see the words at each method.
 */
public final class MeshDriver {
    private MeshDriver() {}

    /**
     * Binds the UDP socket (both families where the host has them; port 0: any) and starts.
     *
     * @return the driver, or the failure to bind
     */
    public static Future<MeshDriver> start(EventLoop loop, MeshConfig config, int listenPort) {
        throw new UnsupportedOperationException();
    }

    public EventLoop eventLoop() {
        throw new UnsupportedOperationException();
    }

    /** For use on the event loop only; call {@link #wake} after a change so that it is transmitted. */
    public Mesh mesh() {
        throw new UnsupportedOperationException();
    }

    /** The bound UDP address. */
    public InetSocketAddress underlayAddress() {
        throw new UnsupportedOperationException();
    }

    /** The one monotonic clock given to the mesh. */
    public long nowNanos() {
        throw new UnsupportedOperationException();
    }

    /** On the loop: have ready channels told, and trains pulled, once at the end of this loop iteration. */
    public void wake() {
        throw new UnsupportedOperationException();
    }

    /** In-tunnel echo from any thread; fails with a time-out. The value is the round trip in nanoseconds. */
    public Future<Long> ping(
            dev.sixgate.mesh.ipv6.Ipv6Address destination, int payloadBytes, java.time.Duration timeout) {
        throw new UnsupportedOperationException();
    }

    /** Aborts what is open, closes the socket, releases every buffer. From any thread. */
    public Future<Void> close() {
        throw new UnsupportedOperationException();
    }
}
