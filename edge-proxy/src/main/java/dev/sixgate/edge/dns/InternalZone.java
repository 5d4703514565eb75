package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.Workloads.Entry;
import dev.sixgate.edge.dns.Workloads.Instance;
import dev.sixgate.edge.explain.AddressText;
import java.net.Inet6Address;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code .internal}: instances by app, region and name, and lists of what there is.
 * <table><caption>Names</caption>
 * <tr><td>{@code <app>}, {@code global.<app>}</td><td>AAAA of every instance
 * <tr><td>{@code <region>.<app>}</td><td>AAAA of those in a region
 * <tr><td>{@code top<n>.nearest.of.<app>}</td><td>AAAA of the nearest
 * <tr><td>{@code <instance>.vm.<app>}</td><td>AAAA of one
 * <tr><td>{@code vms.<app>}, {@code regions.<app>}</td><td>TXT: instances with their regions, regions
 * <tr><td>{@code _apps}, {@code _instances}, {@code _peer}</td><td>TXT: names of apps, all instances, names of peers
 * <tr><td>{@code <peer>._peer}</td><td>AAAA of a peer
 * </table>
 */
final class InternalZone implements Zone {
    private static final int MAX_NEAREST = 1000;

    /** Of a message's 65,535, with room for the rest of it. */
    static final int MAX_LIST_BYTES = 64_000;

    private final Workloads workloads;

    InternalZone(Workloads workloads) {
        this.workloads = workloads;
    }

    @Override
    public String origin() {
        return "internal";
    }

    @Override
    public @Nullable RecordSet find(String name) {
        switch (name) {
            case "" -> {
                return RecordSet.EMPTY;
            }
            case "_apps" -> {
                return list(workloads.apps().stream().map(each -> each.app().name()), ",");
            }
            case "_instances" -> {
                return list(
                        workloads.apps().stream()
                                .flatMap(each -> each.instances().stream())
                                .map(InternalZone::instance),
                        ";");
            }
            case "_peer" -> {
                return list(workloads.peers().keySet().stream(), ",");
            }
            default -> {}
        }
        if (name.endsWith("._peer")) {
            Inet6Address peer = workloads.peers().get(name.substring(0, name.length() - "._peer".length()));
            return peer == null ? null : RecordSet.addresses(List.of(peer));
        }
        return ofApp(name);
    }

    private static String instance(Instance each) {
        return "instance=" + each.name() + ",app=" + each.app() + ",kind=" + each.kind() + ",ip="
                + AddressText.of(each.address()) + ",region=" + each.region();
    }

    /** As many whole items as an answer by TCP has room for; an empty list is one empty string. */
    private static RecordSet list(Stream<String> items, String separator) {
        StringBuilder text = new StringBuilder();
        for (Iterator<String> each = items.iterator(); each.hasNext(); ) {
            String item = each.next();
            if (text.length() + separator.length() + item.length() > MAX_LIST_BYTES) break;
            text.append(text.isEmpty() ? "" : separator).append(item);
        }
        return RecordSet.text(text.toString());
    }

    /** An app's name may hold dots: the longest one that fits is meant, and what stands before it says what of it. */
    private @Nullable RecordSet ofApp(String name) {
        for (int dot = -1; ; dot = name.indexOf('.', dot + 1)) {
            Entry app = workloads.app(name.substring(dot + 1));
            if (app != null) return dot < 0 ? all(app) : view(app, name.substring(0, dot));
            if (name.indexOf('.', dot + 1) < 0) break;
        }
        return workloads.anyBelow(name) ? RecordSet.EMPTY : null;
    }

    private static RecordSet all(Entry app) {
        return RecordSet.addresses(Workloads.addresses(app.instances()));
    }

    private @Nullable RecordSet view(Entry app, String view) {
        switch (view) {
            case "global" -> {
                return all(app);
            }
            case "vms" -> {
                return list(app.instances().stream().map(each -> (each.name() + " " + each.region()).strip()), ",");
            }
            case "regions" -> {
                return list(Workloads.regions(app).stream(), ",");
            }
            case "vm", "of", "nearest.of" -> {
                return RecordSet.EMPTY; // names stand below
            }
            default -> {}
        }
        if (view.endsWith(".vm")) return instance(app, view.substring(0, view.length() - ".vm".length()));
        if (view.endsWith(".nearest.of"))
            return nearest(app, view.substring(0, view.length() - ".nearest.of".length()));
        List<Instance> region = app.byRegion().get(view);
        return region == null ? null : RecordSet.addresses(Workloads.addresses(region));
    }

    private static @Nullable RecordSet instance(Entry app, String name) {
        List<Inet6Address> one = Workloads.addresses(
                app.instances(), each -> each.name().toLowerCase(Locale.ROOT).equals(name));
        return one.isEmpty() ? null : RecordSet.addresses(one);
    }

    private @Nullable RecordSet nearest(Entry app, String top) {
        if (!top.matches("top[1-9][0-9]{0,3}")) return null;
        int count = Math.min(MAX_NEAREST, Integer.parseInt(top.substring("top".length())));
        return RecordSet.addresses(workloads.nearest(app, count));
    }
}
