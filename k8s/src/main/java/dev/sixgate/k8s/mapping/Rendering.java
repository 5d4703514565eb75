package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.Verdict;
import java.util.List;

/** All documents of a translation as one, for people to read and for {@code sixgate check}. */
public record Rendering(String json, List<Verdict> verdicts) {
    public static Rendering of(KubernetesObjects objects, MappingSettings settings) {
        return new Translator(objects, settings).rendering();
    }
}
