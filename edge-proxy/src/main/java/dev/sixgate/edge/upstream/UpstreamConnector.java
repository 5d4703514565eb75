package dev.sixgate.edge.upstream;

import dev.sixgate.edge.servicemap.Backend;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Opens a connection to a backend: over the mesh, or by the kernel for {@code insecure_direct}. */
public interface UpstreamConnector {
    /**
     * @param loop the client channel's loop
     * @param port where the backend listens
     * @param handler for the new channel's pipeline; half-closure is allowed, auto-read is off until the owner turns it on
     * @return fails with ConnectException, ConnectTimeoutException, NoRouteToHostException (no peer covers the address)
     */
    ChannelFuture connect(EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler);

    /**
     * As {@link #connect(EventLoop, Backend, int, Duration, ChannelHandler)}.
     *
     * @param client whom the backend is to see; null: the edge
     */
    default ChannelFuture connect(
            EventLoop loop,
            Backend backend,
            int port,
            Duration timeout,
            ChannelHandler handler,
            @Nullable InetAddress client) {
        return connect(loop, backend, port, timeout, handler);
    }

    /**
     * Datagrams to and from one backend port.
     *
     * @param loop the client socket's loop, which alone uses the flow
     * @param client whom the backend is to see; null: the edge
     * @throws IOException with NoRouteToHostException (no peer covers the address) or BindException (no port is free) and the like
     */
    default DatagramFlow openFlow(
            EventLoop loop, Backend backend, int port, @Nullable InetAddress client, DatagramFlow.Receiver receiver)
            throws IOException {
        throw new NoRouteToHostException("no datagrams are carried here");
    }

    /** Writes what the tunnel and the inner TCP know of {@code channel} into the record; does nothing for a kernel socket. */
    void describe(io.netty.channel.Channel channel, dev.sixgate.edge.explain.RequestRecord record);
}
