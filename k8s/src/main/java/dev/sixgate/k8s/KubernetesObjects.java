package dev.sixgate.k8s;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a cluster at one moment. Immutable, as long as nobody changes the objects themselves: whoever hands them in
 * keeps no right to.
 */
public final class KubernetesObjects {
    public static final KubernetesObjects EMPTY = new KubernetesObjects(List.of());

    /** Older first, as the Gateway API settles conflicts, then by namespace and name. */
    public static final Comparator<HasMetadata> BY_AGE = Comparator.comparing(KubernetesObjects::created)
            .thenComparing(object -> ObjectRef.of(object).path())
            .thenComparing(HasMetadata::getKind);

    private final Map<ObjectRef, HasMetadata> objects = new LinkedHashMap<>();

    /** Of two with the same kind, namespace and name the later one counts. */
    public KubernetesObjects(Collection<? extends HasMetadata> objects) {
        for (HasMetadata object : objects) this.objects.put(ObjectRef.of(object), object);
    }

    private static String created(HasMetadata object) {
        String time = object.getMetadata().getCreationTimestamp();
        return time == null ? "" : time; // RFC 3339 in UTC sorts as text
    }

    public <T extends HasMetadata> @Nullable T get(Class<T> type, String namespace, String name) {
        HasMetadata object = objects.get(new ObjectRef(type.getSimpleName(), namespace, name));
        return type.isInstance(object) ? type.cast(object) : null;
    }

    /** Older first. */
    public <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.values().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .sorted(BY_AGE)
                .toList();
    }

    public int size() {
        return objects.size();
    }
}
