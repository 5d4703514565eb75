package dev.sixgate.k8s;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;

/**
 * Which object is meant.
 *
 * @param namespace empty for objects of the cluster
 */
public record ObjectRef(String kind, String namespace, String name) {
    public static ObjectRef of(HasMetadata object) {
        ObjectMeta meta = object.getMetadata();
        String namespace = meta.getNamespace();
        return new ObjectRef(object.getKind(), namespace == null ? "" : namespace, String.valueOf(meta.getName()));
    }

    /** Such as {@code default/kuard}. */
    public String path() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    /** Such as {@code Service default/kuard}. */
    @Override
    public String toString() {
        return kind + " " + path();
    }
}
