package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.tls.QuicTls;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicSslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every UDP socket of HTTP/3, one for each port and address: a wildcard would answer from the wrong address. */
final class QuicSockets {
    private final Listeners listeners;
    private final EventLoopGroup loops;
    private final SocketTransport transport;
    private final QuicTls tls;
    private final Map<InetSocketAddress, QuicSocket> bound = new LinkedHashMap<>();

    QuicSockets(Listeners listeners, EventLoopGroup loops, SocketTransport transport, QuicTls tls) {
        this.listeners = listeners;
        this.loops = loops;
        this.transport = transport;
        this.tls = tls;
    }

    /** Sockets that are bound and not read yet. */
    record Change(Map<InetSocketAddress, QuicSocket> opened, Set<InetSocketAddress> closing) {}

    /** As {@link Listeners#prepare}. @param plans of all ports; those that speak HTTP/3 are taken */
    Change prepare(List<InetAddress> addresses, Map<Integer, PortPlan> plans, InheritedSockets inherited)
            throws ListenException {
        Set<InetSocketAddress> wanted = new LinkedHashSet<>();
        Map<InetSocketAddress, QuicSocket> opened = new LinkedHashMap<>();
        for (PortPlan plan : plans.values())
            if (plan.http3())
                for (InetAddress address : LocalAddresses.orThese(addresses))
                    wanted.add(new InetSocketAddress(address, plan.port()));
        try {
            for (InetSocketAddress address : wanted)
                if (!bound.containsKey(address))
                    opened.put(
                            address,
                            bind(address, plans.get(address.getPort()).binding(), inherited.take(true, address)));
        } catch (ListenException e) {
            opened.values().forEach(socket -> socket.close().awaitUninterruptibly());
            throw e;
        }
        Set<InetSocketAddress> closing = new LinkedHashSet<>(bound.keySet());
        closing.removeAll(wanted);
        return new Change(opened, closing);
    }

    void commit(Change change) {
        bound.putAll(change.opened);
        change.opened.values().forEach(QuicSocket::open);
        for (InetSocketAddress address : change.closing) {
            QuicSocket gone = bound.remove(address);
            if (gone != null) gone.retire();
        }
    }

    void abort(Change change) {
        change.opened.values().forEach(socket -> socket.close().awaitUninterruptibly());
    }

    /** Takes no new connection; those there are live on. */
    void retire() {
        bound.values().forEach(QuicSocket::retire);
        bound.clear();
    }

    List<Channel> channels() {
        return bound.values().stream().map(QuicSocket::channel).toList();
    }

    List<InetSocketAddress> addresses() {
        return List.copyOf(bound.keySet());
    }

    private QuicSocket bind(InetSocketAddress address, PortBinding binding, @Nullable Integer given)
            throws ListenException {
        HttpOptions options = binding.http();
        QuicSslContext inside = tls.context(() -> {
            PortPlan plan = listeners.plan(address.getPort());
            return plan == null ? binding.tls() : plan.binding().tls();
        });
        try {
            return new QuicSocket(listeners, loops.next(), transport, address, given, inside, options);
        } catch (ListenException e) {
            String cause = String.valueOf(e.getMessage());
            String where = AddressText.of(address) + " (UDP, for h3)";
            throw new ListenException(
                    cause.contains("in use")
                            ? "port in use: " + where + " is taken by "
                                    + new PortOwner().describe(PortOwner.UDP, address.getPort())
                                    + "; stop it, or remove h3 from alpn"
                            : where + " cannot be bound: " + cause);
        }
    }
}
