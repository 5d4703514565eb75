package dev.sixgate.edge.run;

import dev.sixgate.edge.admin.EdgeView.MeshStatus;
import dev.sixgate.edge.admin.EdgeView.PeerStatus;
import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.underlay.UnderlayStatistics;
import dev.sixgate.mesh.wireguard.DropReason;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** What the mesh says of itself, asked on its own loop. */
final class MeshReport {
    private static final MeshStatus NONE = new MeshStatus(null, List.of(), null, 0, null, null, List.of(), Map.of());

    private MeshReport() {}

    static CompletionStage<MeshStatus> of(@Nullable MeshDriver driver, @Nullable MeshConfig config) {
        if (driver == null || config == null) return CompletableFuture.completedStage(NONE);
        CompletableFuture<MeshStatus> report = new CompletableFuture<>();
        try {
            driver.eventLoop().execute(() -> {
                try {
                    report.complete(now(driver, config));
                } catch (RuntimeException e) {
                    report.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            report.complete(NONE);
        }
        return report;
    }

    private static MeshStatus now(MeshDriver driver, MeshConfig config) {
        long nowNanos = driver.nowNanos();
        var wireGuard = driver.mesh().wireGuard();
        Map<String, Long> dropped = new LinkedHashMap<>();
        for (DropReason reason : DropReason.values())
            dropped.put(reason.name().toLowerCase(Locale.ROOT), wireGuard.dropped(reason));
        return new MeshStatus(
                config.privateKey().publicKey().toString(),
                config.addresses().stream().map(Ipv6Prefix::toString).toList(),
                AddressText.of(driver.underlayAddress()),
                driver.mesh().mtu(),
                wireGuard.aeadEngine(),
                underlay(driver.statistics()),
                wireGuard.peers().stream().map(peer -> peer(peer, nowNanos)).toList(),
                dropped);
    }

    private static String underlay(UnderlayStatistics socket) {
        return socket.socket() + (socket.gso() ? ", GSO" : "") + (socket.gro() ? ", GRO" : "");
    }

    private static PeerStatus peer(WireGuardPeer peer, long nowNanos) {
        long last = peer.lastHandshakeNanos();
        var endpoint = peer.endpoint();
        return new PeerStatus(
                peer.config().name(),
                peer.config().publicKey().toString(),
                endpoint == null ? null : AddressText.of(endpoint),
                last == Long.MIN_VALUE ? null : (nowNanos - last) / 1e9,
                peer.receivedBytes(),
                peer.sentBytes(),
                peer.config().allowedIps().stream().map(Ipv6Prefix::toString).toList());
    }
}
