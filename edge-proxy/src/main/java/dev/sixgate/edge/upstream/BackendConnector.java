package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.mesh.tcp.TcpStatistics;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Connects through the mesh, or with a kernel socket where the operator said {@code insecure_direct}. */
public final class BackendConnector implements UpstreamConnector {
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);

    private final @Nullable MeshDriver mesh;

    /** @param mesh null: there is none, and only direct backends can be reached */
    public BackendConnector(@Nullable MeshDriver mesh) {
        this.mesh = mesh;
    }

    /** @param loop the mesh's own loop, unless the backend is direct */
    @Override
    public ChannelFuture connect(EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler) {
        if (!backend.insecureDirect() && mesh == null) return noMesh(loop, backend);
        return new Bootstrap()
                .group(loop)
                .channelFactory(() -> channel(loop, backend))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(timeout.toMillis()))
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(handler)
                .connect(new InetSocketAddress(backend.address(), port));
    }

    private Channel channel(EventLoop loop, Backend backend) {
        if (!backend.insecureDirect() && mesh != null) return new MeshSocketChannel(mesh);
        boolean epoll = loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
        return epoll ? new EpollSocketChannel() : new NioSocketChannel();
    }

    private ChannelFuture noMesh(EventLoop loop, Backend backend) {
        Channel never = new Bootstrap()
                .group(loop)
                .channelFactory(() -> channel(loop, backend))
                .handler(new ChannelInboundHandlerAdapter())
                .register()
                .channel();
        ChannelPromise refused = never.newPromise();
        refused.setFailure(new NoRouteToHostException("this edge has no mesh, and the backend is not insecure_direct"));
        never.close();
        return refused;
    }

    @Override
    public void describe(Channel channel, RequestRecord record) {
        if (mesh == null || !(channel instanceof MeshSocketChannel inner)) return;
        WireGuardPeer peer = inner.peer();
        if (peer != null) {
            record.peer = peer.config().name();
            long last = peer.lastHandshakeNanos();
            record.handshakeAgeNanos = last == Long.MIN_VALUE ? -1 : mesh.nowNanos() - last;
        }
        if (inner.localAddress() != null) record.innerLocal = inner.localAddress();
        TcpStatistics tcp = inner.statistics();
        if (tcp == null) return;
        record.rttNanos = tcp.smoothedRttNanos();
        record.retransmits = tcp.retransmittedSegments();
        record.zeroWindowNanos = tcp.zeroWindowNanos();
    }
}
