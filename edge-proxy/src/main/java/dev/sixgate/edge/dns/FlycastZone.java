package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.Workloads.Entry;
import dev.sixgate.edge.servicemap.Service;
import java.net.Inet6Address;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code .flycast}: apps by the private address that the proxy serves them on; those without one have no name here. {@code <app>} and
 * {@code <service>.svc.<app>}, and for an app whose name has dots, such as {@code kuard.default}, {@code kuard.svc.default} too.
 */
final class FlycastZone implements Zone {
    private static final String SVC = ".svc.";

    /** Names with records, and those that only have names below. */
    private final Map<String, RecordSet> names = new HashMap<>();

    FlycastZone(Workloads workloads) {
        for (Entry entry : workloads.apps()) {
            Inet6Address address = entry.app().privateAddress();
            if (address == null) continue;
            RecordSet records = RecordSet.addresses(List.of(address));
            String app = entry.app().name().toLowerCase(Locale.ROOT);
            names.put(app, records);
            for (Service service : entry.app().services())
                names.putIfAbsent(service.name().toLowerCase(Locale.ROOT) + SVC + app, records);
        }
        // An app's own service goes before an app whose name happens to read the same.
        for (Entry entry : workloads.apps()) {
            String app = entry.app().name().toLowerCase(Locale.ROOT);
            int dot = app.indexOf('.');
            RecordSet records = names.get(app);
            if (dot > 0 && records != null)
                names.putIfAbsent(app.substring(0, dot) + SVC + app.substring(dot + 1), records);
        }
        for (String name : List.copyOf(names.keySet()))
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
                names.putIfAbsent(name.substring(dot + 1), RecordSet.EMPTY);
        names.put("", RecordSet.EMPTY);
    }

    @Override
    public String origin() {
        return "flycast";
    }

    @Override
    public @Nullable RecordSet find(String name) {
        return names.get(name);
    }
}
