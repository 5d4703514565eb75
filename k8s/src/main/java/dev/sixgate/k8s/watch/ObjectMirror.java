package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Kinds;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is known of a cluster. Lists replace a kind, events change it; what was known stays until something better is. A list
 * that lost more than half of a kind is believed when the next one says so too. No I/O, no clock; one thread at a time.
 */
final class ObjectMirror {
    /** Of one kind; a cluster with more is not followed. */
    static final int MAX_OBJECTS = 200_000;

    private final Map<Kinds, Map<ObjectRef, HasMetadata>> objects = new EnumMap<>(Kinds.class);
    private final Set<Kinds> listed = EnumSet.noneOf(Kinds.class);
    private final Set<Kinds> doubted = EnumSet.noneOf(Kinds.class);
    private boolean changed;

    ObjectMirror() {
        for (Kinds kind : Kinds.values()) objects.put(kind, new LinkedHashMap<>());
    }

    private Map<ObjectRef, HasMetadata> of(Kinds kind) {
        return objects.computeIfAbsent(kind, _ -> new LinkedHashMap<>());
    }

    /**
     * A whole list of one kind.
     *
     * @return false: it lost too much at once; what was known stays, and the next list decides
     */
    boolean onListed(Kinds kind, Collection<? extends HasMetadata> list) {
        Map<ObjectRef, HasMetadata> known = of(kind);
        boolean lost = listed.contains(kind) && weight(list) * 2 < weight(known.values());
        if (lost && doubted.add(kind)) return false;
        doubted.remove(kind);
        Map<ObjectRef, HasMetadata> fresh = new LinkedHashMap<>();
        for (HasMetadata object : list) fresh.put(ObjectRef.of(object), object);
        changed |= listed.add(kind) || !sameVersions(known, fresh);
        objects.put(kind, fresh);
        return true;
    }

    private static boolean sameVersions(Map<ObjectRef, HasMetadata> a, Map<ObjectRef, HasMetadata> b) {
        return a.keySet().equals(b.keySet())
                && a.entrySet().stream().allMatch(entry -> {
                    HasMetadata other = b.get(entry.getKey());
                    return other != null && version(entry.getValue()).equals(version(other));
                });
    }

    /** Members for EndpointSlices, one for anything else. */
    private static int weight(Collection<? extends HasMetadata> objects) {
        int weight = 0;
        for (HasMetadata object : objects)
            weight += object instanceof EndpointSlice slice
                    ? slice.getEndpoints() == null ? 0 : slice.getEndpoints().size()
                    : 1;
        return weight;
    }

    /** An object is there, or changed. Events that are late or come twice change nothing. */
    void onPresent(Kinds kind, HasMetadata object) {
        ObjectRef ref = ObjectRef.of(object);
        HasMetadata known = of(kind).get(ref);
        if (known != null && !isNewer(object, known)) return;
        if (known == null && of(kind).size() >= MAX_OBJECTS) return;
        of(kind).put(ref, object);
        changed = true;
    }

    void onDeleted(Kinds kind, HasMetadata object) {
        ObjectRef ref = ObjectRef.of(object);
        HasMetadata known = of(kind).get(ref);
        // The end of an object that was made again since is old news.
        if (known == null || !sameObject(object, known) && !isNewer(object, known)) return;
        of(kind).remove(ref);
        changed = true;
    }

    private static boolean sameObject(HasMetadata a, HasMetadata b) {
        String uid = a.getMetadata().getUid();
        return uid == null || uid.equals(b.getMetadata().getUid());
    }

    /** Versions that are numbers are compared as such, as API servers make them; others count as newer unless they are equal. */
    private static boolean isNewer(HasMetadata object, HasMetadata known) {
        String a = version(object);
        String b = version(known);
        if (a.equals(b)) return a.isEmpty();
        if (!a.matches("[0-9]{1,18}") || !b.matches("[0-9]{1,18}")) return true;
        return Long.parseLong(a) > Long.parseLong(b);
    }

    private static String version(HasMetadata object) {
        String version = object.getMetadata().getResourceVersion();
        return version == null ? "" : version;
    }

    /** Whether each kind was listed once. */
    boolean isComplete() {
        return listed.size() == Kinds.values().length;
    }

    int count(Kinds kind) {
        return of(kind).size();
    }

    /** Whether there was a change since the objects were taken, and every kind was listed. */
    boolean hasChanged() {
        return changed && isComplete();
    }

    KubernetesObjects take() {
        changed = false;
        List<HasMetadata> all = new ArrayList<>();
        objects.values().forEach(kind -> all.addAll(kind.values()));
        return new KubernetesObjects(all);
    }
}
