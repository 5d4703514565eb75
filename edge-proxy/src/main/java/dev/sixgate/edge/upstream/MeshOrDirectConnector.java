package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.local.LocalChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The mesh for every backend but those that the operator marked {@code insecure_direct}. */
public final class MeshOrDirectConnector implements UpstreamConnector {
    private final @Nullable MeshConnector mesh;
    private final DirectConnector direct = new DirectConnector();

    /** @param mesh null when the edge has none; a backend that needs it then fails with NoRouteToHostException */
    public MeshOrDirectConnector(@Nullable MeshConnector mesh) {
        this.mesh = mesh;
    }

    @Override
    public ChannelFuture connect(EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler) {
        return connect(loop, backend, port, timeout, handler, null);
    }

    @Override
    public ChannelFuture connect(
            EventLoop loop,
            Backend backend,
            int port,
            Duration timeout,
            ChannelHandler handler,
            @Nullable InetAddress client) {
        if (backend.insecureDirect()) return direct.connect(loop, backend, port, timeout, handler);
        if (mesh != null) return mesh.connect(loop, backend, port, timeout, handler, client);
        return new DefaultChannelPromise(new LocalChannel(), loop)
                .setFailure(new NoRouteToHostException("this edge has no mesh"));
    }

    @Override
    public DatagramFlow openFlow(
            EventLoop loop, Backend backend, int port, @Nullable InetAddress client, DatagramFlow.Receiver receiver)
            throws IOException {
        if (backend.insecureDirect()) return direct.openFlow(loop, backend, port, null, receiver);
        if (mesh != null) return mesh.openFlow(loop, backend, port, client, receiver);
        throw new NoRouteToHostException("this edge has no mesh");
    }

    @Override
    public void describe(Channel channel, RequestRecord record) {
        if (mesh != null) mesh.describe(channel, record);
    }
}
