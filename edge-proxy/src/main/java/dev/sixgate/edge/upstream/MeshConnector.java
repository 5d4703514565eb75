package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.sixpn.EmbeddedClients;
import dev.sixgate.mesh.ipv6.Ipv6Address;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reaches backends over the mesh, by the identity that lives on the client's loop. */
public final class MeshConnector implements UpstreamConnector {
    private static final long NEVER = Long.MIN_VALUE;
    /**
     * A pooled connection to a node that vanished must not hold its next request for the standard's 100 s: whatever may be
     * repeated is, on a new connection, and that is refused or answered within the connect timeout.
     */
    private static final int USER_TIMEOUT_MILLIS = 10_000;

    /** How long a request may wait behind a peer that does not answer: a path that moved is back sooner. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    /** To connect where the peer is known not to answer: what would be heard of it is heard soon. */
    private static final Duration CONNECT_TO_AWAY = Duration.ofSeconds(1);

    private final Function<EventLoop, MeshDriver> identities;
    private final EmbeddedClients clients;
    private final Map<String, Predicate<Ipv6Address>> away = new ConcurrentHashMap<>();
    /** Open channels by where they lead. */
    private final Map<EventLoop, Map<Channel, Ipv6Address>> open = new ConcurrentHashMap<>();

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
        Ipv6Address remote = backend.address() instanceof Inet6Address six ? Ipv6Address.of(six) : null;
        boolean dead = remote != null && awayPeer(remote) != null;
        Duration patience = dead && timeout.compareTo(CONNECT_TO_AWAY) > 0 ? CONNECT_TO_AWAY : timeout;
        ChannelFuture connecting = DirectConnector.options(new Bootstrap(), patience)
                .group(loop)
                .channelFactory(() -> new MeshSocketChannel(driver))
                .option(MeshChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS)
                .handler(handler)
                .connect(
                        new InetSocketAddress(backend.address(), port),
                        source == null ? null : new InetSocketAddress(source, 0));
        if (remote != null) remember(connecting.channel(), loop, remote);
        return connecting;
    }

    private void remember(Channel channel, EventLoop loop, Ipv6Address remote) {
        Map<Channel, Ipv6Address> channels = open.computeIfAbsent(loop, _ -> new ConcurrentHashMap<>());
        channels.put(channel, remote);
        channel.closeFuture().addListener(_ -> channels.remove(channel));
    }

    /** The peer that an address is behind, if that is unreachable. */
    private @Nullable String awayPeer(Ipv6Address address) {
        if (away.isEmpty()) return null;
        for (Map.Entry<String, Predicate<Ipv6Address>> each : away.entrySet())
            if (each.getValue().test(address)) return each.getKey();
        return null;
    }

    /**
     * The tunnel to a peer is dead: connects under way fail, idle connections go; what was asked and has no byte of an answer is given
     * up when the peer stays away. Answers under way are left to TCP. Any thread.
     *
     * @param routed whether an address is behind it
     */
    public void peerUnreachable(String peer, Predicate<Ipv6Address> routed) {
        away.put(peer, routed);
        open.keySet().forEach(loop -> {
            loop.execute(() -> tell(loop, new PeerAway(peer, false), routed));
            loop.schedule(
                    () -> {
                        if (away.get(peer) == routed) tell(loop, new PeerAway(peer, true), routed);
                    },
                    PATIENCE.toNanos(),
                    TimeUnit.NANOSECONDS);
        });
    }

    /** Any thread. */
    public void peerReachable(String peer) {
        away.remove(peer);
    }

    private void tell(EventLoop loop, PeerAway event, Predicate<Ipv6Address> routed) {
        List<Channel> behind = new ArrayList<>();
        open.getOrDefault(loop, Map.of()).forEach((channel, remote) -> {
            if (routed.test(remote)) behind.add(channel);
        });
        for (Channel channel : behind) {
            if (channel.isActive()) channel.pipeline().fireUserEventTriggered(event);
            else channel.close();
        }
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
        if (peer != null) {
            describe(peer, identities.apply(channel.eventLoop()), record);
            record.peerUnreachable = away.containsKey(peer.config().name());
        }
        record.innerLocal = mesh.localAddress();
        TcpStatistics statistics = mesh.statistics();
        if (statistics == null) return;
        record.rttNanos = statistics.smoothedRttNanos();
        record.retransmits = statistics.retransmittedSegments();
        record.zeroWindowNanos = statistics.zeroWindowNanos();
    }
}
