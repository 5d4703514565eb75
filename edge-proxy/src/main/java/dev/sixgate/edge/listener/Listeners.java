package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.http.TrustedProxies;
import dev.sixgate.edge.metrics.EdgeMetrics;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.tls.TlsTermination;
import dev.sixgate.edge.udp.UdpServer;
import dev.sixgate.edge.upstream.Serving;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every public server socket of an edge: a port times its addresses. A change binds what is new, without accepting, before
 * anything is switched; sockets that stay are not touched and lose no queued connection. Without SO_REUSEPORT, so that a
 * second edge on the same ports fails instead of sharing them.
 */
public final class Listeners {
    /** Client connections open at a time; more are reset at once and counted. */
    public static final int MAX_CONNECTIONS = 100_000;

    private static final int BACKLOG = 4096;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);

    private final EventLoopGroup loops;
    private final SocketTransport transport;
    private final TlsTermination tls;
    private final EdgeMetrics metrics;
    private final int maxConnections;
    private final QuicSockets quic; // guarded by this
    private final UdpSockets udp; // guarded by this
    private final PortOwner owners = new PortOwner();
    private final ChannelGroup clients = new DefaultChannelGroup("clients", GlobalEventExecutor.INSTANCE);
    private final AtomicInteger active = new AtomicInteger();
    private final Map<Socket, Channel> bound = new LinkedHashMap<>(); // guarded by this
    private volatile Map<Integer, PortPlan> plans = Map.of();
    private volatile @Nullable Serving serving;
    private final ClientCounts perClient = new ClientCounts();
    private final SessionAdmission sessions = new SessionAdmission();
    private volatile int maxPerClient = Integer.MAX_VALUE;
    private volatile TrustedProxies trusted = TrustedProxies.NONE;
    private volatile boolean draining;
    private InheritedSockets inherited = InheritedSockets.none(); // guarded by this

    private record Socket(InetAddress address, int port) {}

    public Listeners(
            EventLoopGroup loops,
            SocketTransport transport,
            TlsTermination tls,
            EdgeMetrics metrics,
            int maxConnections) {
        this.loops = loops;
        this.transport = transport;
        this.tls = tls;
        this.metrics = metrics;
        this.maxConnections = maxConnections;
        this.quic = new QuicSockets(this, loops, transport, tls.quic());
        this.udp =
                new UdpSockets(loops, transport, new UdpServer(this::serving, new SessionAdmission(), metrics.udp()));
    }

    /** Before the first {@link Change#commit}; apart from the constructor, so that ports are bound before the mesh starts. */
    public void serve(Serving with) {
        serving = with;
    }

    /** Whose word about their clients is believed, on connections that come from now on. */
    public void trust(TrustedProxies proxies) {
        trusted = proxies;
    }

    /** How many connections one client may have open; trusted proxies, which stand for many, any number. */
    public void limitPerClient(int most) {
        maxPerClient = most;
    }

    /** Sockets that are bound already, for the next {@link #prepare}. */
    public synchronized void inherit(InheritedSockets sockets) {
        inherited = sockets;
    }

    /** Those that no port wanted. */
    public synchronized void closeInherited() {
        inherited.closeRest();
    }

    /** Every socket that clients come in by, for a successor; none where the transport cannot hand them over. */
    public synchronized List<FileDescriptor> descriptors() {
        return Stream.of(bound.values().stream(), quic.channels().stream(), udp.channels().stream())
                .flatMap(channels -> channels)
                .filter(UnixChannel.class::isInstance)
                .map(channel -> ((UnixChannel) channel).fd())
                .toList();
    }

    TrustedProxies trusted() {
        return trusted;
    }

    /**
     * Binds what is new and accepts nothing yet. Blocks; not for an event loop. One change at a time: end it with
     * {@link Change#commit} or {@link Change#abort}.
     *
     * @param addresses empty: every local address, both families
     * @throws ListenException when anything cannot be bound; then nothing has changed
     */
    public synchronized Change prepare(List<InetAddress> addresses, HostIndex index) throws ListenException {
        Map<Integer, PortPlan> wantedPlans = new TreeMap<>();
        Set<Socket> wanted = new LinkedHashSet<>();
        for (int port : index.ports()) {
            HostIndex.PortRules rules = index.port(port);
            if (rules == null) continue;
            wantedPlans.put(port, PortPlan.of(rules));
            for (InetAddress address : addresses.isEmpty() ? List.of(everyAddress()) : addresses)
                wanted.add(new Socket(address, port));
        }
        Map<Socket, Channel> opened = new LinkedHashMap<>();
        try {
            for (Socket socket : wanted) if (!bound.containsKey(socket)) opened.put(socket, bind(socket));
        } catch (ListenException e) {
            opened.values().forEach(channel -> channel.close().awaitUninterruptibly());
            throw e;
        }
        QuicSockets.Change http3 = null;
        UdpSockets.Change datagrams;
        try {
            http3 = quic.prepare(addresses, wantedPlans, inherited);
            datagrams = udp.prepare(addresses, index, inherited);
        } catch (ListenException e) {
            if (http3 != null) quic.abort(http3);
            opened.values().forEach(channel -> channel.close().awaitUninterruptibly());
            throw e;
        }
        Set<Socket> closing = new LinkedHashSet<>(bound.keySet());
        closing.removeAll(wanted);
        return new Change(opened, closing, http3, datagrams, Map.copyOf(wantedPlans));
    }

    /** Bound sockets, ready to be switched to. */
    public final class Change {
        private final Map<Socket, Channel> opened;
        private final Set<Socket> closing;
        private final QuicSockets.Change http3;
        private final UdpSockets.Change datagrams;
        private final Map<Integer, PortPlan> newPlans;

        Change(
                Map<Socket, Channel> opened,
                Set<Socket> closing,
                QuicSockets.Change http3,
                UdpSockets.Change datagrams,
                Map<Integer, PortPlan> newPlans) {
            this.opened = opened;
            this.closing = closing;
            this.http3 = http3;
            this.datagrams = datagrams;
            this.newPlans = newPlans;
        }

        /** Accepts on what is new, closes what is gone; connections of either live on. */
        public void commit() {
            synchronized (Listeners.this) {
                plans = newPlans;
                bound.putAll(opened);
                opened.values().forEach(channel -> channel.config().setAutoRead(true));
                for (Socket socket : closing) {
                    Channel gone = bound.remove(socket);
                    if (gone != null) gone.close();
                }
                quic.commit(http3);
                udp.commit(datagrams);
            }
        }

        public void abort() {
            quic.abort(http3);
            udp.abort(datagrams);
            opened.values().forEach(channel -> channel.close().awaitUninterruptibly());
        }

        public List<String> opened() {
            return Stream.concat(
                            opened.keySet().stream().map(Listeners::text),
                            Stream.concat(datagrams.opened().keySet().stream(), datagrams.revived().keySet().stream())
                                    .map(address -> AddressText.of(address) + " (UDP)"))
                    .toList();
        }

        public List<String> closed() {
            return Stream.concat(
                            closing.stream().map(Listeners::text),
                            datagrams.closing().stream().map(address -> AddressText.of(address) + " (UDP)"))
                    .toList();
        }
    }

    /** One server socket as status shows it. */
    public record Listening(InetSocketAddress address, String handlers) {}

    public synchronized List<Listening> status() {
        List<Listening> list = new ArrayList<>();
        bound.forEach((socket, channel) -> {
            PortPlan plan = plans.get(socket.port);
            if (channel.localAddress() instanceof InetSocketAddress address)
                list.add(new Listening(
                        address,
                        plan == null ? "[]" : PortPlan.words(plan.binding().handlers())));
        });
        quic.addresses().forEach(address -> list.add(new Listening(address, "h3 over UDP")));
        udp.addresses().forEach(address -> list.add(new Listening(address, "[] over UDP")));
        return list;
    }

    /** Open TCP and QUIC connections by the port that they came in by. */
    public Map<Integer, Integer> connectionsByPort() {
        Map<Integer, Integer> counts = new TreeMap<>();
        for (Channel client : clients)
            if (client.localAddress() instanceof InetSocketAddress at) counts.merge(at.getPort(), 1, Integer::sum);
        return counts;
    }

    public int activeConnections() {
        return active.get();
    }

    /** As {@link #drain(Duration)}, all at once. */
    public Future<?> drain() {
        return drain(Duration.ZERO);
    }

    /**
     * Accepts no more and tells every connection to end when it can.
     *
     * @param spread connections are told one after the other over this time, lest all their clients come back to the next
     *     edge at one moment; until then they go on as ever
     * @return done when the last connection has closed; see {@link #closeConnections} for those that do not
     */
    public Future<?> drain(Duration spread) {
        draining = true;
        synchronized (this) {
            udp.drain(clients);
        }
        closeListeners();
        List<Channel> open = List.copyOf(clients);
        long stepNanos = spread.toNanos() / Math.max(1, open.size());
        for (int i = 0; i < open.size(); i++) {
            Channel client = open.get(i);
            client.eventLoop().schedule(() -> DrainNotice.give(client), i * stepNanos, TimeUnit.NANOSECONDS);
        }
        return clients.newCloseFuture();
    }

    /** Closes every server socket; connections live on. */
    public synchronized void closeListeners() {
        bound.values().forEach(channel -> channel.close().awaitUninterruptibly());
        bound.clear();
        quic.retire();
        if (!draining) udp.close();
    }

    UdpServer udpServer(Supplier<Serving> with) {
        return new UdpServer(with, sessions, metrics.udp());
    }

    /** The bound of a client's connections is one of its UDP sessions too, counted apart. */
    private final class SessionAdmission implements UdpServer.Admission {
        private final ClientCounts sessions = new ClientCounts();

        @Override
        public boolean admit(InetAddress client) {
            if (sessions.opened(client) <= maxPerClient || trusted.contains(client)) return true;
            sessions.closed(client);
            return false;
        }

        @Override
        public void ended(InetAddress client) {
            sessions.closed(client);
        }
    }

    /** Cuts what is still under way; whoever waits for the head of an answer is told why. */
    public Future<?> closeConnections() {
        Future<?> closed = clients.newCloseFuture();
        for (Channel client : clients)
            client.eventLoop().execute(() -> {
                client.pipeline().fireUserEventTriggered(DrainBegins.OVER);
                client.close();
            });
        return closed;
    }

    public boolean isDraining() {
        return draining;
    }

    @Nullable
    PortPlan plan(int port) {
        return plans.get(port);
    }

    private ConnectionSetup.Door door(int port) {
        return new ConnectionSetup.Door() {
            @Override
            public @Nullable PortPlan plan() {
                return Listeners.this.plan(port);
            }

            @Override
            public Serving serving() {
                return Listeners.this.serving();
            }
        };
    }

    Serving serving() {
        Serving with = serving;
        if (with == null) throw new AssertionError("connections were accepted before serve()");
        return with;
    }

    TlsTermination tls() {
        return tls;
    }

    /** @return false when the bound of all connections, or of this client's, is reached */
    boolean admit(Channel channel, InetAddress client) {
        boolean tooMany = perClient.opened(client) > maxPerClient && !trusted.contains(client);
        if (active.incrementAndGet() > maxConnections || tooMany) {
            active.decrementAndGet();
            perClient.closed(client);
            metrics.connectionRefused();
            return false;
        }
        metrics.connectionOpened();
        clients.add(channel);
        channel.closeFuture().addListener(_ -> {
            active.decrementAndGet();
            perClient.closed(client);
            metrics.connectionClosed();
        });
        return true;
    }

    private Channel bind(Socket socket) throws ListenException {
        InetSocketAddress address = new InetSocketAddress(socket.address, socket.port);
        Integer given = inherited.take(false, address);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(given == null ? transport::serverChannel : () -> new EpollServerSocketChannel(given))
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ConnectionSetup(this, socket.port, door(socket.port)));
        ChannelFuture binding = given == null ? bootstrap.bind(address) : bootstrap.register();
        if (!binding.awaitUninterruptibly().isSuccess())
            throw new ListenException(
                    sentence(socket, String.valueOf(binding.cause().getMessage())));
        return binding.channel();
    }

    private String sentence(Socket socket, String cause) {
        // The text is all that NIO and epoll have in common.
        if (cause.contains("in use"))
            return "port in use: " + text(socket) + " is taken by " + owners.describe(PortOwner.TCP, socket.port)
                    + "; stop it, or choose another port";
        if (cause.contains("ermission denied"))
            return text(socket) + " may not be bound by this user; give the process CAP_NET_BIND_SERVICE, "
                    + "or choose a port from 1024 on";
        if (cause.contains("annot assign"))
            return text(socket) + " cannot be bound, because " + AddressText.of(socket.address)
                    + " is no address of this machine; correct edge.addresses";
        return text(socket) + " cannot be bound: " + cause;
    }

    private static String text(Socket socket) {
        return AddressText.of(new InetSocketAddress(socket.address, socket.port));
    }

    /** The IPv6 wildcard takes IPv4 as well; without IPv6 in the kernel there is only the other. */
    private static InetAddress everyAddress() {
        return InetAddress.ofLiteral(Files.exists(Path.of("/proc/net/if_inet6")) ? "::" : "0.0.0.0");
    }
}
