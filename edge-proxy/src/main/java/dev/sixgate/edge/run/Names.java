package dev.sixgate.edge.run;

import dev.sixgate.edge.dns.DnsServer;
import dev.sixgate.edge.dns.DnsServer.MeshDoor;
import dev.sixgate.edge.dns.Lookup;
import dev.sixgate.edge.dns.Workloads;
import dev.sixgate.edge.metrics.DnsMeters;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshDatagramChannel;
import dev.sixgate.mesh.transport.MeshServerSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import io.netty.channel.EventLoop;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What DNS answers of an edge, and where inside the mesh. */
public final class Names {
    private Names() {}

    /** @param type of {@link Lookup#TYPES} */
    public static Lookup lookup(Snapshot snapshot, String name, String type) {
        return Lookup.of(snapshot.dns(), workloads(snapshot), name, type);
    }

    static DnsServer server(Supplier<EventLoop> loops, @Nullable Identities identities, DnsMeters meters) {
        List<MeshDoor> doors = new ArrayList<>();
        if (identities != null)
            for (MeshDriver each : identities.all())
                doors.add(new MeshDoor(
                        each.eventLoop(),
                        // Any address of that identity.
                        new InetSocketAddress("::", 0),
                        () -> new MeshDatagramChannel(each),
                        () -> new MeshServerSocketChannel(each)));
        return new DnsServer(loops, doors, meters);
    }

    static Workloads workloads(Snapshot snapshot) {
        Map<String, Inet6Address> peers = new LinkedHashMap<>();
        if (snapshot.mesh() != null)
            for (PeerConfig peer : snapshot.mesh().config().peers())
                for (Ipv6Prefix range : peer.allowedIps()) {
                    peers.putIfAbsent(peer.name(), range.address().toInetAddress());
                    break;
                }
        return new Workloads(snapshot.apps(), peers, nearness(snapshot));
    }

    /** The edge's own order of regions, which every service's policy holds. */
    private static List<String> nearness(Snapshot snapshot) {
        for (App app : snapshot.apps())
            for (Service service : app.services()) {
                List<String> regions = service.backendPolicy().loadBalancing().regions();
                if (!regions.isEmpty()) return regions;
            }
        return snapshot.region().isEmpty() ? List.of() : List.of(snapshot.region());
    }
}
