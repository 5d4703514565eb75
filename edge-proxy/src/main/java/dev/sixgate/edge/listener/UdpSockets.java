package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.udp.UdpProxy;
import dev.sixgate.edge.udp.UdpServer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.group.ChannelGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every UDP socket of UDP services, one for each port and address. A socket that is wanted no more closes after its last session. */
final class UdpSockets {
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;
    /** Read at a time with one system call. */
    private static final int BATCH = 16;

    private final EventLoopGroup loops;
    private final SocketTransport transport;
    private final UdpServer server;
    private final Map<InetSocketAddress, Channel> bound = new LinkedHashMap<>();
    /** No longer wanted, and perhaps still open. */
    private final Map<InetSocketAddress, Channel> retired = new LinkedHashMap<>();

    UdpSockets(EventLoopGroup loops, SocketTransport transport, UdpServer server) {
        this.loops = loops;
        this.transport = transport;
        this.server = server;
    }

    /** Sockets that are bound and not read yet, and those that are wanted again. */
    record Change(
            Map<InetSocketAddress, Channel> opened,
            Map<InetSocketAddress, Channel> revived,
            Set<InetSocketAddress> closing) {}

    /** As {@link Listeners#prepare}. */
    Change prepare(List<InetAddress> addresses, HostIndex index, InheritedSockets inherited) throws ListenException {
        Set<InetSocketAddress> wanted = new LinkedHashSet<>();
        for (int port : index.udpPorts())
            for (InetAddress address : LocalAddresses.orThese(addresses))
                wanted.add(new InetSocketAddress(address, port));
        Map<InetSocketAddress, Channel> opened = new LinkedHashMap<>();
        Map<InetSocketAddress, Channel> revived = new LinkedHashMap<>();
        retired.values().removeIf(channel -> !channel.isOpen());
        try {
            for (InetSocketAddress address : wanted) {
                if (bound.containsKey(address)) continue;
                Channel old = retired.get(address);
                if (old != null && revive(old)) revived.put(address, old);
                else opened.put(address, bind(address, inherited.take(true, address)));
            }
        } catch (ListenException e) {
            abort(new Change(opened, revived, Set.of()));
            throw e;
        }
        Set<InetSocketAddress> closing = new LinkedHashSet<>(bound.keySet());
        closing.removeAll(wanted);
        return new Change(opened, revived, closing);
    }

    void commit(Change change) {
        bound.putAll(change.opened);
        bound.putAll(change.revived);
        retired.keySet().removeAll(change.revived.keySet());
        change.opened.values().forEach(channel -> channel.config().setAutoRead(true));
        for (InetSocketAddress address : change.closing) {
            Channel gone = bound.remove(address);
            if (gone == null) continue;
            retired.put(address, gone);
            retire(gone, false);
        }
    }

    void abort(Change change) {
        change.opened.values().forEach(socket -> socket.close().awaitUninterruptibly());
        change.revived.values().forEach(socket -> retire(socket, false));
    }

    /**
     * Begins no session any more; those there are go on until they are idle, on sockets that close behind them.
     *
     * @param open receives them
     */
    void drain(ChannelGroup open) {
        for (Channel channel : bound.values()) {
            open.add(channel);
            retire(channel, true);
        }
        for (Channel channel : retired.values()) {
            open.add(channel);
            retire(channel, true);
        }
        bound.clear();
    }

    /** Cuts every session. */
    void close() {
        bound.values().forEach(channel -> channel.close().awaitUninterruptibly());
        retired.values().forEach(channel -> channel.close().awaitUninterruptibly());
        bound.clear();
        retired.clear();
    }

    List<Channel> channels() {
        return List.copyOf(bound.values());
    }

    List<InetSocketAddress> addresses() {
        return new ArrayList<>(bound.keySet());
    }

    private static void retire(Channel channel, boolean draining) {
        channel.eventLoop().execute(() -> channel.pipeline().get(UdpProxy.class).retire(draining));
    }

    /** Not on its loop. */
    private static boolean revive(Channel channel) {
        return channel.eventLoop()
                .submit(() -> {
                    UdpProxy proxy = channel.pipeline().get(UdpProxy.class);
                    return proxy != null && proxy.revive();
                })
                .awaitUninterruptibly()
                .getNow();
    }

    /** @param given a bound socket; null: none */
    private Channel bind(InetSocketAddress address, @Nullable Integer given) throws ListenException {
        Bootstrap bootstrap = new Bootstrap()
                .group(loops.next())
                .channelFactory(given == null ? transport::datagramChannel : () -> new EpollDatagramChannel(given))
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_BYTES)
                .handler(new UdpProxy(server, address));
        if (transport == SocketTransport.EPOLL)
            bootstrap
                    .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, UdpProxy.MAX_DATAGRAM_BYTES)
                    .option(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new FixedRecvByteBufAllocator(BATCH * UdpProxy.MAX_DATAGRAM_BYTES));
        else
            bootstrap.option(
                    ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(UdpProxy.MAX_DATAGRAM_BYTES));
        ChannelFuture binding = given == null ? bootstrap.bind(address) : bootstrap.register();
        if (binding.awaitUninterruptibly().isSuccess()) return binding.channel();
        String cause = String.valueOf(binding.cause().getMessage());
        String where = AddressText.of(address) + " (UDP)";
        if (cause.contains("in use"))
            throw new ListenException("port in use: " + where + " is taken by "
                    + new PortOwner().describe(PortOwner.UDP, address.getPort())
                    + "; stop it, or choose another port");
        if (cause.contains("ermission denied"))
            throw new ListenException(where + " may not be bound by this user; give the process "
                    + "CAP_NET_BIND_SERVICE, or choose a port from 1024 on");
        if (cause.contains("annot assign"))
            throw new ListenException(where + " cannot be bound, because " + AddressText.of(address.getAddress())
                    + " is no address of this machine; correct edge.addresses");
        throw new ListenException(where + " cannot be bound: " + cause);
    }
}
