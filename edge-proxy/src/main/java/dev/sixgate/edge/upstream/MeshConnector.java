package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.mesh.tcp.TcpStatistics;
import dev.sixgate.mesh.transport.MeshChannelOption;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Function;

/** Reaches backends over the mesh, by the identity that lives on the client's loop. */
public final class MeshConnector implements UpstreamConnector {
    private static final long NEVER = Long.MIN_VALUE;
    /**
     * A pooled connection to a node that vanished must not hold its next request for the standard's 100 s: whatever may be
     * repeated is, on a new connection, and that is refused or answered within the connect timeout.
     */
    private static final int USER_TIMEOUT_MILLIS = 10_000;

    private final Function<EventLoop, MeshDriver> identities;

    /** @param identities the driver of each event loop that clients live on */
    public MeshConnector(Function<EventLoop, MeshDriver> identities) {
        this.identities = identities;
    }

    @Override
    public ChannelFuture connect(EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler) {
        MeshDriver driver = identities.apply(loop);
        return DirectConnector.options(new Bootstrap(), timeout)
                .group(loop)
                .channelFactory(() -> new MeshSocketChannel(driver))
                .option(MeshChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS)
                .handler(handler)
                .connect(new InetSocketAddress(backend.address(), port));
    }

    @Override
    public DatagramFlow openFlow(EventLoop loop, Backend backend, int port, DatagramFlow.Receiver receiver)
            throws IOException {
        return new MeshFlow(identities.apply(loop), backend.address(), port, receiver);
    }

    static void describe(WireGuardPeer peer, MeshDriver driver, RequestRecord record) {
        record.peer = peer.config().name();
        long handshake = peer.lastHandshakeNanos();
        if (handshake != NEVER) record.handshakeAgeNanos = driver.nowNanos() - handshake;
    }

    @Override
    public void describe(Channel channel, RequestRecord record) {
        if (!(channel instanceof MeshSocketChannel mesh)) return;
        WireGuardPeer peer = mesh.peer();
        if (peer != null) describe(peer, identities.apply(channel.eventLoop()), record);
        record.innerLocal = mesh.localAddress();
        TcpStatistics statistics = mesh.statistics();
        if (statistics == null) return;
        record.rttNanos = statistics.smoothedRttNanos();
        record.retransmits = statistics.retransmittedSegments();
        record.zeroWindowNanos = statistics.zeroWindowNanos();
    }
}
