package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.sixpn.EmbeddedClients;
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
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reaches backends over the mesh, by the identity that lives on the client's loop. */
public final class MeshConnector implements UpstreamConnector {
    private static final long NEVER = Long.MIN_VALUE;
    /**
     * A pooled connection to a node that vanished must not hold its next request for the standard's 100 s: whatever may be
     * repeated is, on a new connection, and that is refused or answered within the connect timeout.
     */
    private static final int USER_TIMEOUT_MILLIS = 10_000;

    private final Function<EventLoop, MeshDriver> identities;
    private final EmbeddedClients clients;

    /**
     * @param identities the driver of each event loop that clients live on
     * @param clients whom addresses of our own stand for
     */
    public MeshConnector(Function<EventLoop, MeshDriver> identities, EmbeddedClients clients) {
        this.identities = identities;
        this.clients = clients;
    }

    /** Where nobody asks whom addresses stand for. */
    public MeshConnector(Function<EventLoop, MeshDriver> identities) {
        this(identities, new EmbeddedClients());
    }

    /** An address of ours that stands for the client; null: one of our choice. */
    private @Nullable Inet6Address source(MeshDriver driver, @Nullable InetAddress client) {
        return client == null ? null : clients.source(driver.mesh().addresses().getFirst(), client);
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
        MeshDriver driver = identities.apply(loop);
        Inet6Address source = source(driver, client);
        return DirectConnector.options(new Bootstrap(), timeout)
                .group(loop)
                .channelFactory(() -> new MeshSocketChannel(driver))
                .option(MeshChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS)
                .handler(handler)
                .connect(
                        new InetSocketAddress(backend.address(), port),
                        source == null ? null : new InetSocketAddress(source, 0));
    }

    @Override
    public DatagramFlow openFlow(
            EventLoop loop, Backend backend, int port, @Nullable InetAddress client, DatagramFlow.Receiver receiver)
            throws IOException {
        MeshDriver driver = identities.apply(loop);
        return new MeshFlow(driver, source(driver, client), backend.address(), port, receiver);
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
