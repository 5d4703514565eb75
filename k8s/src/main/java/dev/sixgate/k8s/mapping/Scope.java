package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import java.util.Map;

/** What all mappings of one translation share. */
record Scope(KubernetesObjects objects, MappingSettings settings, Verdicts verdicts) {
    /** Whether the operator wants the namespace of an object to be followed. */
    boolean follows(HasMetadata object) {
        return labels(object.getMetadata().getNamespace())
                .entrySet()
                .containsAll(settings.namespaceLabels().entrySet());
    }

    /** Of a namespace; empty when it is not known. */
    Map<String, String> labels(String namespace) {
        Namespace found = objects.get(Namespace.class, "", namespace);
        Map<String, String> labels = found == null ? null : found.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }
}
