package dev.sixgate.edge.run;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.run.Change.Kind;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HostIndex;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What would be different: by the texts, and by what they amount to where the texts do not say it, as with files that they
 * name.
 *
 * @param changes listeners first, the others in the order of the newer text
 * @param connections open now, and requests under way; -1: no edge was asked
 * @param affected of these, those that would go on with an older version of something
 */
public record Comparison(List<Change> changes, long connections, long affected) {
    /** How much is under way at a running edge. */
    interface Live {
        /** Connections and requests. */
        long all();

        /** Open connections that came in there. */
        long listener(boolean udp, int port);

        /** Requests and raw connections under way. @param service null: all @param backend null: all */
        long uses(String app, @Nullable String service, @Nullable String backend);
    }

    public Comparison {
        changes = List.copyOf(changes);
    }

    /** Of two configurations that nobody serves. @param written what their texts differ in */
    public static Comparison of(Snapshot before, Snapshot after, List<Change> written) {
        return of(before, after, written, null);
    }

    static Comparison of(Snapshot before, Snapshot after, List<Change> written, @Nullable Live live) {
        List<Change> changes = new ArrayList<>(listeners(before, after));
        changes.addAll(written);
        implied(before, after, written, changes);
        restarts(before, after, changes);
        if (live == null) return new Comparison(changes, -1, -1);
        changes.replaceAll(change -> change.live(live(change, before, live)));
        return new Comparison(changes, live.all(), affected(changes, before, live));
    }

    private static long live(Change change, Snapshot before, Live live) {
        if (change.noun().equals("listener")) {
            return listeners(before).stream()
                    .filter(each -> each.shown().equals(change.name()))
                    .limit(1)
                    .mapToLong(each -> live.listener(each.udp, each.at.getPort()))
                    .sum();
        }
        String app = change.app();
        return app == null ? 0 : live.uses(app, change.service(), change.backend());
    }

    /** The same request under two changes counts once: the widest of an app decides. */
    private static long affected(List<Change> changes, Snapshot before, Live live) {
        long sum = 0;
        for (App app : before.apps()) {
            List<Change> own =
                    changes.stream().filter(c -> app.name().equals(c.app())).toList();
            if (own.isEmpty()) continue;
            long all = live.uses(app.name(), null, null);
            if (own.stream().anyMatch(c -> c.service() == null && c.backend() == null)) sum += all;
            else
                sum += Math.min(
                        all,
                        distinct(own, Change::service, service -> live.uses(app.name(), service, null))
                                + distinct(own, Change::backend, backend -> live.uses(app.name(), null, backend)));
        }
        return sum;
    }

    private static long distinct(
            List<Change> changes, Function<Change, @Nullable String> name, ToLongFunction<String> uses) {
        return changes.stream()
                .map(name)
                .filter(Objects::nonNull)
                .distinct()
                .mapToLong(uses)
                .sum();
    }

    /** Such as {@code +2 routes, ~1 limit, 0 listeners touched}. */
    public String summary() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        long listeners = 0;
        for (Change change : changes)
            if (change.noun().equals("listener")) listeners++;
            else counts.merge(change.text().charAt(0) + " " + change.noun(), 1, Integer::sum);
        StringBuilder text = new StringBuilder();
        counts.forEach((key, count) -> text.append(key.charAt(0))
                .append(count)
                .append(' ')
                .append(plural(key.substring(2), count))
                .append(", "));
        text.append(listeners).append(' ').append(plural("listener", listeners)).append(" touched");
        if (connections >= 0)
            text.append(", ")
                    .append(affected)
                    .append(" of ")
                    .append(connections)
                    .append(" live connections affected");
        return text.toString();
    }

    private static String plural(String noun, long count) {
        return count == 1 ? noun : noun + "s";
    }

    public boolean needsRestart() {
        return changes.stream().anyMatch(Change::restart);
    }

    private record Listener(boolean udp, InetSocketAddress at) {
        /** All addresses of one port are one to operators. */
        String shown() {
            return at.getPort() + (udp ? "/udp" : "/tcp");
        }
    }

    private static List<Listener> listeners(Snapshot snapshot) {
        HostIndex index = HostIndex.of(snapshot.apps());
        List<InetAddress> addresses =
                snapshot.addresses().isEmpty() ? List.of(InetAddress.ofLiteral("::")) : snapshot.addresses();
        List<Listener> listeners = new ArrayList<>();
        for (int port : index.ports())
            for (InetAddress at : addresses) listeners.add(new Listener(false, new InetSocketAddress(at, port)));
        for (int port : index.udpPorts())
            for (InetAddress at : addresses) listeners.add(new Listener(true, new InetSocketAddress(at, port)));
        return listeners;
    }

    private static List<Change> listeners(Snapshot before, Snapshot after) {
        Map<String, List<Listener>> old = byPort(before);
        Map<String, List<Listener>> now = byPort(after);
        List<Change> changes = new ArrayList<>();
        now.forEach((port, sockets) -> {
            List<Listener> was = old.get(port);
            if (was == null)
                changes.add(Change.of(Kind.ADDED, "listener", port, "").values(null, shown(sockets)));
            else if (!was.equals(sockets)) {
                Change rebound = Change.of(Kind.CHANGED, "listener", port, "").values(shown(was), shown(sockets));
                changes.add(overlap(was, sockets) ? rebound.needingRestart() : rebound);
            }
        });
        old.forEach((port, sockets) -> {
            if (!now.containsKey(port))
                changes.add(Change.of(Kind.REMOVED, "listener", port, "").values(shown(sockets), null));
        });
        return changes;
    }

    private static Map<String, List<Listener>> byPort(Snapshot snapshot) {
        return listeners(snapshot).stream()
                .collect(Collectors.groupingBy(Listener::shown, TreeMap::new, Collectors.toList()));
    }

    private static String shown(List<Listener> sockets) {
        return sockets.stream().map(each -> AddressText.of(each.at)).collect(Collectors.joining(" "));
    }

    // New sockets are bound before old ones are closed, and the kernel gives no port of an address that every address
    // has.
    private static boolean overlap(List<Listener> was, List<Listener> is) {
        return was.stream().anyMatch(each -> each.at.getAddress().isAnyLocalAddress())
                != is.stream().anyMatch(each -> each.at.getAddress().isAnyLocalAddress());
    }

    /** What changed although the text that says it did not: files it names, defaults, regions, a wg-quick file. */
    private static void implied(Snapshot before, Snapshot after, List<Change> written, List<Change> changes) {
        Map<String, App> old = byName(before);
        for (App app : after.apps()) {
            App was = old.get(app.name());
            boolean said = written.stream().anyMatch(change -> app.name().equals(change.app()));
            if (was != null && !was.equals(app) && !said) changes.add(unwritten(app.name()));
        }
        for (Differences.Item peer : Differences.peers(before, after))
            if (written.stream()
                    .noneMatch(c -> c.noun().equals("peer") && c.name().equals(peer.name())))
                changes.add(Change.of(peer.kind(), "peer", peer.name(), ""));
    }

    private static Change unwritten(String app) {
        return new Change(
                Kind.CHANGED,
                "app",
                app,
                app,
                null,
                null,
                null,
                "",
                null,
                "by defaults, regions or files that it names",
                false,
                -1);
    }

    private static void restarts(Snapshot before, Snapshot after, List<Change> changes) {
        for (String key : Differences.keysNeedingRestart(before, after)) {
            String pointer = "/" + key.replace('.', '/');
            boolean said = false;
            for (int i = 0; i < changes.size(); i++) {
                Change change = changes.get(i);
                if (change.document() != null || !(change.pointer() + "/").startsWith(pointer + "/")) continue;
                changes.set(i, change.needingRestart());
                said = true;
            }
            if (!said) changes.add(Change.of(Kind.CHANGED, "setting", key, "").needingRestart());
        }
    }

    private static Map<String, App> byName(Snapshot snapshot) {
        return snapshot.apps().stream().collect(Collectors.toMap(App::name, Function.identity(), (first, _) -> first));
    }
}
