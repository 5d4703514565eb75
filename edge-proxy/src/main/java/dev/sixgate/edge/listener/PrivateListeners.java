package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.udp.UdpProxy;
import dev.sixgate.edge.upstream.Serving;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Private addresses of apps: listened on inside the mesh, and served as public ports are, by the same limits, checks and balancers.
 * A change binds what is new before anything is switched; connections of ports that are gone live on.
 */
public final class PrivateListeners {
    private static final int BACKLOG = 1024;

    /** The way into the mesh. */
    public interface Gate {
        EventLoop loop();

        ServerChannel connections();

        Channel datagrams();

        /** These addresses are ours too, from now on, and no others. Not on the loop; waits. */
        void own(Set<Inet6Address> addresses);
    }

    private record Socket(InetSocketAddress address, boolean udp) {
        @Override
        public String toString() {
            return AddressText.of(address) + (udp ? " (UDP, in the mesh)" : " (in the mesh)");
        }
    }

    /** What one private address serves; replaced at each reload. */
    private static final class Home {
        final HostRouter router = new HostRouter();
        final Serving serving;
        volatile Map<Integer, PortPlan> plans = Map.of();

        Home(Serving serving) {
            this.serving = serving.inMesh(router);
        }
    }

    private record Wanted(App app, HostIndex index, Map<Integer, PortPlan> plans) {}

    private final Listeners listeners;
    private final Gate gate;
    private final Map<Inet6Address, Home> homes = new HashMap<>();
    private final Map<Socket, Channel> bound = new LinkedHashMap<>();

    /** @param listeners of the public, whose bounds hold here too */
    public PrivateListeners(Listeners listeners, Gate gate) {
        this.listeners = listeners;
        this.gate = gate;
    }

    /**
     * Binds what is new and accepts nothing yet. Blocks; not for an event loop. One change at a time: end it with
     * {@link Change#commit} or {@link Change#abort}.
     *
     * @throws ListenException when anything cannot be bound; then nothing has changed
     */
    public synchronized Change prepare(List<App> apps) throws ListenException {
        Map<Inet6Address, Wanted> wanted = new LinkedHashMap<>();
        for (App app : apps) {
            if (app.privateAddress() == null) continue;
            HostIndex index = HostIndex.ofPrivate(app, apps);
            Map<Integer, PortPlan> plans = new HashMap<>();
            for (int port : index.ports()) {
                HostIndex.PortRules rules = index.port(port);
                if (rules != null) plans.put(port, PortPlan.of(rules).withoutSni());
            }
            wanted.putIfAbsent(app.privateAddress(), new Wanted(app, index, plans));
        }
        Set<Inet6Address> both = new LinkedHashSet<>(wanted.keySet());
        bound.keySet().forEach(socket -> both.add((Inet6Address) socket.address.getAddress()));
        gate.own(both);
        Change change = new Change(wanted);
        try {
            wanted.forEach((address, each) -> {
                homes.computeIfAbsent(address, _ -> new Home(listeners.serving()));
                each.index
                        .ports()
                        .forEach(port -> change.sockets.add(new Socket(new InetSocketAddress(address, port), false)));
                each.index
                        .udpPorts()
                        .forEach(port -> change.sockets.add(new Socket(new InetSocketAddress(address, port), true)));
            });
            for (Socket socket : change.sockets)
                if (!bound.containsKey(socket)) change.opened.put(socket, bind(socket));
        } catch (ListenException e) {
            change.abort();
            throw e;
        }
        return change;
    }

    /** Bound sockets, ready to be switched to. */
    public final class Change {
        private final Map<Inet6Address, Wanted> wanted;
        private final Set<Socket> sockets = new LinkedHashSet<>();
        private final Map<Socket, Channel> opened = new LinkedHashMap<>();

        Change(Map<Inet6Address, Wanted> wanted) {
            this.wanted = wanted;
        }

        public void commit() {
            synchronized (PrivateListeners.this) {
                wanted.forEach((address, each) -> {
                    Home home = homes.get(address);
                    if (home == null) throw new AssertionError("prepared above");
                    home.router.replace(each.index);
                    home.plans = Map.copyOf(each.plans);
                });
                bound.putAll(opened);
                opened.values().forEach(channel -> channel.config().setAutoRead(true));
                bound.entrySet().removeIf(entry -> {
                    boolean gone = !sockets.contains(entry.getKey());
                    if (gone) entry.getValue().close();
                    return gone;
                });
                homes.keySet().retainAll(wanted.keySet());
                gate.own(wanted.keySet());
            }
        }

        public void abort() {
            opened.values().forEach(channel -> channel.close().awaitUninterruptibly());
        }

        public List<String> opened() {
            return opened.keySet().stream().map(Socket::toString).toList();
        }

        public List<String> closed() {
            return bound.keySet().stream()
                    .filter(socket -> !sockets.contains(socket))
                    .map(Socket::toString)
                    .toList();
        }
    }

    /** As status shows them. */
    public synchronized List<Listeners.Listening> status() {
        List<Listeners.Listening> list = new ArrayList<>();
        for (Socket socket : bound.keySet()) {
            Home home = homes.get((Inet6Address) socket.address.getAddress());
            PortPlan plan = home == null ? null : home.plans.get(socket.address.getPort());
            list.add(new Listeners.Listening(
                    socket.address,
                    (socket.udp || plan == null
                                    ? "[]"
                                    : PortPlan.words(plan.binding().handlers()))
                            + (socket.udp ? " over UDP in the mesh" : " in the mesh")));
        }
        return list;
    }

    /** Accepts no more; connections live on. */
    public synchronized void close() {
        bound.values().forEach(channel -> channel.close().awaitUninterruptibly());
        bound.clear();
    }

    private Channel bind(Socket socket) throws ListenException {
        Inet6Address address = (Inet6Address) socket.address.getAddress();
        Home home = homes.get(address);
        if (home == null) throw new AssertionError("it was put there before");
        ChannelFuture binding = socket.udp
                ? new Bootstrap()
                        .group(gate.loop())
                        .channelFactory(gate::datagrams)
                        .option(ChannelOption.AUTO_READ, false)
                        .handler(new UdpProxy(listeners.udpServer(() -> home.serving), socket.address))
                        .bind(socket.address)
                : new ServerBootstrap()
                        .group(gate.loop())
                        .channelFactory(gate::connections)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.AUTO_READ, false)
                        .childHandler(new ConnectionSetup(
                                listeners, socket.address.getPort(), door(home, socket.address.getPort())))
                        .bind(socket.address);
        if (binding.awaitUninterruptibly().isSuccess()) return binding.channel();
        throw new ListenException(
                socket + " cannot be bound: " + binding.cause().getMessage());
    }

    private static ConnectionSetup.Door door(Home home, int port) {
        return new ConnectionSetup.Door() {
            @Override
            public @Nullable PortPlan plan() {
                return home.plans.get(port);
            }

            @Override
            public Serving serving() {
                return home.serving;
            }
        };
    }
}
