package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.Answering.Trust;
import dev.sixgate.edge.metrics.DnsMeters;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The DNS server of an edge: UDP and TCP on addresses of the kernel and of the mesh. A change of what is listened on binds what is new
 * before anything is switched.
 */
public final class DnsServer implements AutoCloseable {
    /** TCP connections at a time; more are closed at once. */
    static final int MAX_CONNECTIONS = 1_000;

    private static final int MAX_QUERY_BYTES = 4096;
    private static final int IDLE_SECONDS = 10;
    private static final int BATCH = 16;

    /** Where the mesh is reached: an event loop, and what opens a channel on it. */
    public record MeshDoor(
            EventLoop loop,
            InetSocketAddress address,
            Supplier<? extends Channel> datagrams,
            Supplier<? extends ServerChannel> connections) {}

    private final Supplier<EventLoop> loops;
    private final List<MeshDoor> doors;
    private final Answering answering;
    private final Forwarder.Memory memory = new Forwarder.Memory();
    private final Map<EventLoop, Forwarder> forwarders = new HashMap<>(); // guarded by this
    private final Map<InetSocketAddress, List<Channel>> bound = new LinkedHashMap<>(); // guarded by this
    private final List<Channel> inMesh = new ArrayList<>(); // guarded by this
    private final AtomicInteger connections = new AtomicInteger();
    private int meshPort; // guarded by this
    private int serial = (int) (System.currentTimeMillis() / 1000);

    /**
     * @param loops gives the loop of the next socket
     * @param doors one for each identity of the mesh
     */
    public DnsServer(Supplier<EventLoop> loops, List<MeshDoor> doors, DnsMeters meters) {
        this.loops = loops;
        this.doors = List.copyOf(doors);
        answering = new Answering(meters);
    }

    /** Bound sockets, ready to be switched to. */
    public final class Change {
        private final DnsSettings settings;
        private final Map<InetSocketAddress, List<Channel>> opened;
        private final List<Channel> openedInMesh;

        Change(DnsSettings settings, Map<InetSocketAddress, List<Channel>> opened, List<Channel> openedInMesh) {
            this.settings = settings;
            this.opened = opened;
            this.openedInMesh = openedInMesh;
        }

        public void commit(Workloads workloads) {
            synchronized (DnsServer.this) {
                switchTo(this, workloads);
            }
        }

        public void abort() {
            opened.values().forEach(DnsServer::close);
            close(openedInMesh);
        }
    }

    /**
     * Binds what is new and answers nothing on it yet. Not on an event loop.
     *
     * @throws IOException with a plain sentence; then nothing has changed
     */
    public synchronized Change prepare(DnsSettings settings) throws IOException {
        Map<InetSocketAddress, List<Channel>> opened = new LinkedHashMap<>();
        List<Channel> openedInMesh = new ArrayList<>();
        Change change = new Change(settings, opened, openedInMesh);
        try {
            for (InetSocketAddress address : settings.listen())
                if (!bound.containsKey(address)) {
                    List<Channel> both = new ArrayList<>();
                    opened.put(address, both);
                    open(address, both);
                }
            if (settings.meshPort() != 0 && settings.meshPort() != meshPort)
                for (MeshDoor door : doors) open(door, settings.meshPort(), openedInMesh);
        } catch (IOException e) {
            change.abort();
            throw e;
        }
        return change;
    }

    private void switchTo(Change change, Workloads workloads) {
        DnsSettings settings = change.settings;
        answering.replace(
                new Authority(zones(settings, workloads), ++serial),
                !settings.forward().isEmpty());
        forwarders.values().forEach(each -> each.ask(settings.forward()));
        bound.putAll(change.opened);
        if (settings.meshPort() != meshPort) {
            close(inMesh);
            inMesh.clear();
            inMesh.addAll(change.openedInMesh);
            meshPort = settings.meshPort();
        }
        bound.entrySet().removeIf(entry -> {
            boolean gone = !settings.listen().contains(entry.getKey());
            if (gone) close(entry.getValue());
            return gone;
        });
        for (List<Channel> both : bound.values())
            both.forEach(each -> each.config().setAutoRead(true));
        inMesh.forEach(each -> each.config().setAutoRead(true));
    }

    static List<Zone> zones(DnsSettings settings, Workloads workloads) {
        List<Zone> zones = new ArrayList<>();
        for (String zone : settings.zones())
            zones.add(
                    switch (zone) {
                        case "internal" -> new RememberingZone(new InternalZone(workloads));
                        case "flycast" -> new FlycastZone(workloads);
                        default -> new RememberingZone(new ClusterZone(zone, workloads));
                    });
        if (!zones.isEmpty()) zones.add(new ReverseZone(workloads));
        return zones;
    }

    /** Bound sockets of the kernel. */
    public synchronized List<InetSocketAddress> addresses() {
        return List.copyOf(bound.keySet());
    }

    @Override
    public synchronized void close() {
        bound.values().forEach(DnsServer::close);
        bound.clear();
        close(inMesh);
        inMesh.clear();
        meshPort = 0;
    }

    private static void close(List<Channel> channels) {
        channels.forEach(channel -> channel.close().awaitUninterruptibly());
    }

    private void open(InetSocketAddress address, List<Channel> into) throws IOException {
        EventLoop loop = loops.get();
        boolean epoll = loop instanceof IoEventLoop io && io.isCompatible(EpollIoHandle.class);
        Bootstrap udp = new Bootstrap()
                .group(loop)
                .channel(epoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(BATCH * MAX_QUERY_BYTES))
                .handler(new Datagrams(Trust.NETWORK, forwarder(loop)));
        if (epoll) udp.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, MAX_QUERY_BYTES);
        into.add(bound(udp.bind(address), address + " (UDP)"));
        ServerBootstrap tcp = new ServerBootstrap()
                .group(loop)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.AUTO_READ, false)
                .childHandler(connection(Trust.NETWORK, forwarder(loop)));
        into.add(bound(tcp.bind(address), address + " (TCP)"));
    }

    private void open(MeshDoor door, int port, List<Channel> into) throws IOException {
        InetSocketAddress address = new InetSocketAddress(door.address.getAddress(), port);
        into.add(bound(
                new Bootstrap()
                        .group(door.loop)
                        .channelFactory(door.datagrams::get)
                        .option(ChannelOption.AUTO_READ, false)
                        .handler(new Datagrams(Trust.MESH, forwarder(door.loop)))
                        .bind(address),
                "UDP port " + port + " of the mesh"));
        into.add(bound(
                new ServerBootstrap()
                        .group(door.loop)
                        .channelFactory(door.connections::get)
                        .option(ChannelOption.AUTO_READ, false)
                        .childHandler(connection(Trust.MESH, forwarder(door.loop)))
                        .bind(address),
                "TCP port " + port + " of the mesh"));
    }

    private Forwarder forwarder(EventLoop loop) {
        return forwarders.computeIfAbsent(loop, each -> new Forwarder(each, memory, answering.meters()));
    }

    private static Channel bound(ChannelFuture binding, String where) throws IOException {
        if (binding.awaitUninterruptibly().isSuccess()) return binding.channel();
        String cause = String.valueOf(binding.cause().getMessage());
        throw new IOException("dns.listen " + where.replaceFirst("^/", "")
                + (cause.contains("in use")
                        ? " is taken by another process; stop it, or choose another port"
                        : cause.contains("ermission denied")
                                ? " may not be bound by this user; give the process CAP_NET_BIND_SERVICE, or choose a"
                                        + " port from 1024 on"
                                : " cannot be bound: " + cause));
    }

    /** Queries by UDP. */
    private final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
        private final Trust trust;
        private final Forwarder forwarder;
        private boolean reading;

        Datagrams(Trust trust, Forwarder forwarder) {
            this.trust = trust;
            this.forwarder = forwarder;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            InetSocketAddress client = packet.sender();
            InetSocketAddress us = packet.recipient();
            boolean inMesh = trust == Trust.MESH;
            reading = true;
            answering.answer(
                    packet.content(), client.getAddress(), trust, false, forwarder, System.nanoTime(), answer -> {
                        if (!context.channel().isWritable()) {
                            answer.release();
                            return;
                        }
                        context.write(
                                inMesh ? new DatagramPacket(answer, client, us) : new DatagramPacket(answer, client),
                                context.voidPromise());
                        if (!reading) context.flush(); // of another server; our own leave together
                    });
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            reading = false;
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // Of a client that is gone.
        }
    }

    /** Queries by TCP, in any number, each behind its length (RFC 7766). */
    private ChannelInitializer<Channel> connection(Trust trust, Forwarder forwarder) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (connections.incrementAndGet() > MAX_CONNECTIONS) {
                    connections.decrementAndGet();
                    channel.close();
                    return;
                }
                channel.closeFuture().addListener(_ -> connections.decrementAndGet());
                channel.pipeline()
                        .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                        .addLast(new LengthFieldBasedFrameDecoder(MAX_QUERY_BYTES, 0, 2, 0, 2))
                        .addLast(new LengthFieldPrepender(2))
                        .addLast(new Stream(trust, forwarder));
            }
        };
    }

    private final class Stream extends SimpleChannelInboundHandler<ByteBuf> {
        private final Trust trust;
        private final Forwarder forwarder;

        Stream(Trust trust, Forwarder forwarder) {
            this.trust = trust;
            this.forwarder = forwarder;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf query) {
            answering.answer(
                    query,
                    ((InetSocketAddress) context.channel().remoteAddress()).getAddress(),
                    trust,
                    true,
                    forwarder,
                    System.nanoTime(),
                    context::writeAndFlush);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!(cause instanceof ReadTimeoutException)) answering.meters().malformed();
            context.close();
        }
    }
}
