package dev.sixgate.edge.mesh;

import dev.sixgate.edge.admin.MeshView.LoadStatus;
import dev.sixgate.edge.admin.MeshView.MeshStatus;
import dev.sixgate.edge.admin.MeshView.PeerStatus;
import dev.sixgate.edge.admin.MeshView.SocketStatus;
import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PathMtuCache;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpStack;
import dev.sixgate.mesh.tcp.TcpStatistics;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.underlay.UnderlayStatistics;
import dev.sixgate.mesh.wireguard.DropReason;
import dev.sixgate.mesh.wireguard.WireGuard;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What the mesh says of itself; on its own loop. */
final class MeshReport {
    /** Looked at in one report: more would hold the loop longer than a request should wait. */
    private static final int CONNECTIONS_MAX = 10_000;
    /** Named of one peer: whoever has more has one cause for all. */
    private static final int PATHS_MAX = 100;

    private MeshReport() {}

    static MeshStatus none(String name) {
        return new MeshStatus(
                name,
                null,
                List.of(),
                null,
                0,
                null,
                null,
                null,
                null,
                0,
                List.of(),
                Map.of(),
                Map.of(),
                LoadStatus.NONE,
                List.of());
    }

    static MeshStatus of(String name, MeshDriver driver) {
        long nowNanos = driver.nowNanos();
        WireGuard wireGuard = driver.mesh().wireGuard();
        Map<WireGuardPeer, Traffic> traffic = new HashMap<>();
        driver.mesh().tcp().forEachConnection(CONNECTIONS_MAX, connection -> {
            WireGuardPeer peer = wireGuard.route(
                    connection.remoteAddress().high(),
                    connection.remoteAddress().low());
            if (peer != null) traffic.computeIfAbsent(peer, _ -> new Traffic()).add(connection, nowNanos);
        });
        Map<WireGuardPeer, Map<String, Integer>> pathMtus = new HashMap<>();
        for (PathMtuCache.PathMtu path : driver.mesh().tcp().pathMtus().known()) {
            if (path.mtu() == driver.mesh().mtu()) continue;
            WireGuardPeer peer = wireGuard.route(
                    path.destination().high(), path.destination().low());
            if (peer == null) continue;
            Map<String, Integer> its = pathMtus.computeIfAbsent(peer, _ -> new LinkedHashMap<>());
            if (its.size() < PATHS_MAX) its.put(path.destination().toString(), path.mtu());
        }
        UnderlayStatistics socket = driver.statistics();
        return new MeshStatus(
                name,
                wireGuard.publicKey().toString(),
                driver.mesh().addresses().stream().map(Ipv6Prefix::toString).toList(),
                AddressText.of(driver.underlayAddress()),
                driver.mesh().mtu(),
                wireGuard.aeadEngine(),
                wireGuard.handshakeEngine(),
                socket.socket() + (socket.gso() ? ", GSO" : "") + (socket.gro() ? ", GRO" : ""),
                socket(socket),
                driver.mesh().tcp().connectionCount(),
                wireGuard.peers().stream()
                        .map(peer -> peer(
                                peer,
                                traffic.getOrDefault(peer, Traffic.NONE),
                                pathMtus.getOrDefault(peer, Map.of()),
                                nowNanos))
                        .toList(),
                byReason(DropReason.values(), wireGuard::dropped),
                byReason(PacketDropReason.values(), driver.mesh().drops()::of),
                load(driver),
                List.of());
    }

    private static LoadStatus load(MeshDriver driver) {
        TcpStack tcp = driver.mesh().tcp();
        WireGuard wireGuard = driver.mesh().wireGuard();
        return new LoadStatus(
                tcp.memory().heldBytes(),
                tcp.memory().limitBytes(),
                tcp.cookiesSent(),
                tcp.cookiesAccepted(),
                wireGuard.cookiesSent(),
                wireGuard.cookiesAccepted());
    }

    private static <R extends Enum<R>> Map<String, Long> byReason(R[] reasons, ToLongFunction<R> count) {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (R reason : reasons) counts.put(reason.name().toLowerCase(Locale.ROOT), count.applyAsLong(reason));
        return counts;
    }

    private static SocketStatus socket(UnderlayStatistics socket) {
        return new SocketStatus(
                socket.socket(),
                socket.gso(),
                socket.gro(),
                socket.selfTest(),
                socket.receiveBufferBytes(),
                socket.sendBufferBytes(),
                socket.receivedDatagrams(),
                socket.receiveBatches(),
                socket.sentDatagrams(),
                socket.sentTrains(),
                socket.sendFailures(),
                socket.failedDatagrams());
    }

    private static PeerStatus peer(WireGuardPeer peer, Traffic traffic, Map<String, Integer> pathMtus, long nowNanos) {
        long last = peer.lastHandshakeNanos();
        var endpoint = peer.endpoint();
        return new PeerStatus(
                peer.config().name(),
                peer.config().publicKey().toString(),
                peer.config().presharedKey() != null,
                endpoint == null ? null : AddressText.of(endpoint),
                last == Long.MIN_VALUE ? null : (nowNanos - last) / 1e9,
                peer.isUnreachable(),
                peer.receivedBytes(),
                peer.sentBytes(),
                peer.config().allowedIps().stream().map(Ipv6Prefix::toString).toList(),
                peer.config().keepalive().toSeconds(),
                traffic.connections,
                traffic.rttMs(),
                traffic.deliveryRate < 0 ? null : (Long) traffic.deliveryRate,
                traffic.sentSegments,
                traffic.retransmittedSegments,
                pathMtus);
    }

    /** Of the inner TCP connections to one peer's addresses. */
    private static final class Traffic {
        static final Traffic NONE = new Traffic();
        private int connections;
        private long rttNanos = Long.MAX_VALUE;
        private long deliveryRate = -1;
        private long sentSegments;
        private long retransmittedSegments;

        void add(TcpConnection connection, long nowNanos) {
            TcpStatistics figures = connection.statistics(nowNanos);
            connections++;
            if (figures.smoothedRttNanos() >= 0) rttNanos = Math.min(rttNanos, figures.smoothedRttNanos());
            deliveryRate = Math.max(deliveryRate, figures.deliveryRate());
            sentSegments += figures.sentSegments();
            retransmittedSegments += figures.retransmittedSegments();
        }

        @Nullable
        Double rttMs() {
            return rttNanos == Long.MAX_VALUE ? null : (Double) (rttNanos / 1e6);
        }
    }
}
