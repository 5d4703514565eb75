package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.Translation;

/** Who wants to know what is said about objects. */
public interface VerdictListener {
    /** After each publication, on the thread that calls the sink: to be short. */
    void told(KubernetesObjects objects, Translation translation);
}
