package dev.sixgate.edge.dns;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What names are made of: the apps of a snapshot and the peers of its mesh, by name in lower case. Immutable; what is on the mesh
 * only, so that every address is an IPv6 one.
 */
public final class Workloads {
    /** Nothing. */
    public static final Workloads NONE = new Workloads(List.of(), Map.of(), List.of());

    /** @param addresses on the mesh, of all kinds of regions */
    record Instance(String name, String app, String kind, String region, Inet6Address address) {}

    /** An app as names see it. */
    record Entry(App app, List<Instance> instances) {
        SortedMap<String, List<Instance>> byRegion() {
            SortedMap<String, List<Instance>> regions = new TreeMap<>();
            for (Instance each : instances)
                if (!each.region.isEmpty())
                    regions.computeIfAbsent(each.region.toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                            .add(each);
            return regions;
        }
    }

    private final Map<String, Entry> apps = new LinkedHashMap<>();
    /** What apps' names end in, behind a dot. */
    private final Set<String> suffixes = new HashSet<>();

    private final Map<Inet6Address, String> names = new HashMap<>();
    private final Map<String, Inet6Address> peers;
    private final List<String> nearness;

    /**
     * @param peers name → an address of its own
     * @param nearness regions, the nearest first; those that are not named come last
     */
    public Workloads(List<App> apps, Map<String, Inet6Address> peers, List<String> nearness) {
        this.nearness = List.copyOf(nearness);
        this.peers = new TreeMap<>();
        peers.forEach((name, address) -> this.peers.put(name.toLowerCase(Locale.ROOT), address));
        for (App app : apps) {
            List<Instance> instances = new ArrayList<>();
            for (Backend backend : app.backends())
                if (!backend.insecureDirect() && backend.address() instanceof Inet6Address six)
                    instances.add(new Instance(backend.name(), app.name(), backend.kind(), backend.region(), six));
            String name = app.name().toLowerCase(Locale.ROOT);
            if (this.apps.putIfAbsent(name, new Entry(app, List.copyOf(instances))) != null) continue;
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
                suffixes.add(name.substring(dot + 1));
            for (Instance each : instances)
                names.putIfAbsent(
                        each.address, (each.name + ".vm." + app.name() + ".internal").toLowerCase(Locale.ROOT));
            if (app.privateAddress() != null) names.putIfAbsent(app.privateAddress(), name + ".flycast");
        }
    }

    @Nullable
    Entry app(String name) {
        return apps.get(name);
    }

    /** In the order of the configuration. */
    List<Entry> apps() {
        return List.copyOf(apps.values());
    }

    Map<String, Inet6Address> peers() {
        return peers;
    }

    /** Whether an app's name ends in {@code .suffix}, so that the suffix is a name itself. */
    boolean anyBelow(String suffix) {
        return suffixes.contains(suffix);
    }

    /** What an address is called; null: it is nobody's. */
    @Nullable
    String nameOf(Inet6Address address) {
        return names.get(address);
    }

    static List<Inet6Address> addresses(List<Instance> instances) {
        return addresses(instances, _ -> true);
    }

    static List<Inet6Address> addresses(List<Instance> instances, Predicate<Instance> fitting) {
        return instances.stream()
                .filter(fitting)
                .map(Instance::address)
                .distinct()
                .toList();
    }

    /** The nearest {@code count}, by the order of regions. */
    List<Inet6Address> nearest(Entry app, int count) {
        return app.instances.stream()
                .sorted(Comparator.comparingInt(each -> distance(each.region)))
                .map(Instance::address)
                .distinct()
                .limit(count)
                .toList();
    }

    private int distance(String region) {
        int at = nearness.indexOf(region);
        return at < 0 ? nearness.size() : at;
    }

    static List<String> regions(Entry app) {
        return List.copyOf(new TreeSet<>(app.byRegion().keySet()));
    }
}
