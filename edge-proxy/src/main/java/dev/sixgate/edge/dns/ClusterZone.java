package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.RecordSet.Service;
import dev.sixgate.edge.dns.Workloads.Entry;
import dev.sixgate.edge.dns.Workloads.Instance;
import dev.sixgate.edge.servicemap.PortBinding;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code cluster.local}, as Kubernetes' DNS specification has it, over apps that are called {@code <service>.<namespace>}:
 * {@code <service>.<namespace>.svc} is the private address, or, of a headless service, every instance; {@code <instance>.} before it
 * is one of those; {@code _<port>._<transport>.} before it is SRV.
 */
final class ClusterZone implements Zone {
    private static final String SVC = ".svc";

    private final String origin;
    private final Workloads workloads;

    /** @param origin such as {@code cluster.local} */
    ClusterZone(String origin, Workloads workloads) {
        this.origin = origin;
        this.workloads = workloads;
    }

    @Override
    public String origin() {
        return origin;
    }

    @Override
    public @Nullable RecordSet find(String name) {
        if (name.isEmpty() || name.equals("svc")) return RecordSet.EMPTY;
        if (!name.endsWith(SVC)) return null;
        String inside = name.substring(0, name.length() - SVC.length());
        String[] labels = inside.split("\\.", -1);
        if (labels.length == 1) return workloads.anyBelow(inside) ? RecordSet.EMPTY : null; // a namespace
        Entry app = workloads.app(labels[labels.length - 2] + "." + labels[labels.length - 1]);
        if (app == null) return null;
        String full = labels[labels.length - 2] + "." + labels[labels.length - 1] + SVC + "." + origin;
        return switch (labels.length) {
            case 2 -> RecordSet.addresses(addresses(app));
            case 3 -> labels[0].startsWith("_") ? transport(app, labels[0]) : instance(app, labels[0]);
            case 4 -> ports(app, labels[0], labels[1], full);
            default -> null;
        };
    }

    private static List<Inet6Address> addresses(Entry app) {
        Inet6Address own = app.app().privateAddress();
        return own != null ? List.of(own) : Workloads.addresses(app.instances());
    }

    private static @Nullable RecordSet instance(Entry app, String name) {
        if (app.app().privateAddress() != null) return null;
        for (Instance each : app.instances())
            if (label(each).equals(name)) return RecordSet.addresses(List.of(each.address()));
        return null;
    }

    /** An instance's name may have dots, and a label has none. */
    private static String label(Instance instance) {
        return instance.name().toLowerCase(Locale.ROOT).replace('.', '-').replace(':', '-');
    }

    /** {@code _tcp} has no record, and names below. */
    private static @Nullable RecordSet transport(Entry app, String transport) {
        return app.app().services().stream().anyMatch(each -> has(each, transport)) ? RecordSet.EMPTY : null;
    }

    /** A service without ports of ours is one of TCP. */
    private static boolean has(dev.sixgate.edge.servicemap.Service service, String transport) {
        return service.ports().isEmpty()
                ? transport.equals("_tcp")
                : service.ports().stream().anyMatch(port -> transport(port).equals(transport));
    }

    private static String transport(PortBinding port) {
        return port.isUdp() ? "_udp" : "_tcp";
    }

    private static @Nullable RecordSet ports(Entry app, String port, String transport, String full) {
        List<Service> found = new ArrayList<>();
        for (var service : app.app().services()) {
            if (!("_" + service.name().toLowerCase(Locale.ROOT)).equals(port) || !has(service, transport)) continue;
            if (app.app().privateAddress() == null)
                for (Instance instance : app.instances())
                    found.add(new Service(service.internalPort(), label(instance) + "." + full));
            else
                for (PortBinding each : service.ports())
                    if (transport(each).equals(transport)) found.add(new Service(each.port(), full));
        }
        return found.isEmpty() ? null : new RecordSet(List.of(), List.of(), found, List.of());
    }
}
