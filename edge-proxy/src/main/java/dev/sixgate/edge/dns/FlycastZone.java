package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.Workloads.Entry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code .flycast}: apps by the private address that the proxy serves them on. {@code <app>} and {@code <service>.svc.<app>}, and for
 * an app whose name has dots, such as {@code kuard.default}, {@code kuard.svc.default} too.
 */
final class FlycastZone implements Zone {
    private static final String SVC = ".svc.";

    private final Workloads workloads;

    FlycastZone(Workloads workloads) {
        this.workloads = workloads;
    }

    @Override
    public String origin() {
        return "flycast";
    }

    @Override
    public @Nullable RecordSet find(String name) {
        if (name.isEmpty()) return RecordSet.EMPTY;
        Entry app = workloads.app(name);
        if (app == null) app = ofService(name);
        if (app != null)
            return app.app().privateAddress() == null
                    ? RecordSet.EMPTY
                    : RecordSet.addresses(List.of(app.app().privateAddress()));
        if (name.startsWith("svc.") && workloads.app(name.substring("svc.".length())) != null) return RecordSet.EMPTY;
        return workloads.anyBelow(name) ? RecordSet.EMPTY : null;
    }

    private @Nullable Entry ofService(String name) {
        int at = name.indexOf(SVC);
        if (at <= 0) return null;
        String service = name.substring(0, at);
        String rest = name.substring(at + SVC.length());
        Entry app = workloads.app(rest);
        if (app != null
                && app.app().services().stream().anyMatch(each -> each.name().equalsIgnoreCase(service))) return app;
        return workloads.app(service + "." + rest);
    }
}
