package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.tcp.TcpStack;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.udp.UdpStack;
import java.net.BindException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which of our own addresses a connection leaves from that names none: the default one until its ports towards a
 * destination are used up, then the ones behind it in the same range, so that a busy backend port never runs out. The
 * last 16 bits of an address of ours stay below 8000 hex; above are those that stand for a client.
 */
final class SourceAddresses {
    static final int MAX_SOURCES = 64;
    /** Destinations whose ports ran out lately. */
    static final int MAX_EXHAUSTED = 256;
    /** Finding no free port means looking at all of them, which is not to be repeated for each connection. */
    static final long EXHAUSTED_NANOS = 100_000_000;

    private record Route(Ipv6Address source, Ipv6Address remote, int remotePort) {}

    private final Ipv6Prefix range;
    private final Ipv6Address first;
    private final Map<Route, Long> exhausted = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Route, Long> eldest) {
            return size() > MAX_EXHAUSTED;
        }
    };

    SourceAddresses(LocalAddresses local) {
        range = local.prefixes().getFirst();
        first = local.first();
    }

    /** @throws BindException when every port of every source towards the destination is taken, or the stack is full */
    TcpConnection connect(TcpStack tcp, Ipv6Address remote, int remotePort, TcpOptions options, long nowNanos)
            throws BindException {
        if (tcp.isFull()) return tcp.connect(first, 0, remote, remotePort, options, nowNanos);
        for (int i = 0; i < MAX_SOURCES; i++) {
            Ipv6Address source = new Ipv6Address(first.high(), first.low() + i);
            if (!range.contains(source) || (source.low() & 0xffff) >= 0x8000) break;
            Route route = new Route(source, remote, remotePort);
            if (isExhausted(route, nowNanos)) continue;
            try {
                return tcp.connect(source, 0, remote, remotePort, options, nowNanos);
            } catch (BindException e) {
                exhausted.put(route, nowNanos);
            }
        }
        throw new BindException(
                "every port of every source address towards [" + remote + "]:" + remotePort + " is taken");
    }

    /** @throws BindException when no port of any source towards the destination is found free */
    UdpSocket connect(UdpStack udp, Ipv6Address remote, int remotePort) throws BindException {
        for (int i = 0; i < MAX_SOURCES; i++) {
            Ipv6Address source = new Ipv6Address(first.high(), first.low() + i);
            if (!range.contains(source) || (source.low() & 0xffff) >= 0x8000) break;
            try {
                return udp.connect(source, remote, remotePort);
            } catch (BindException e) {
                if (udp.isFull()) throw e;
            }
        }
        throw new BindException(
                "every UDP port of every source address towards [" + remote + "]:" + remotePort + " is taken");
    }

    private boolean isExhausted(Route route, long nowNanos) {
        if (exhausted.isEmpty()) return false;
        Long since = exhausted.get(route);
        if (since == null) return false;
        if (nowNanos - since < EXHAUSTED_NANOS) return true;
        exhausted.remove(route);
        return false;
    }
}
