package dev.sixgate.edge.source;

import dev.sixgate.k8s.MappingSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** An entry of {@code sources}: where further documents are. */
public sealed interface SourceSettings {
    /** In the operator's words, such as {@code directory apps.d}. */
    String shown();

    /**
     * Every {@code *.json} in it that is not hidden, in the order of their names; folders inside are not entered.
     *
     * @param path absolute
     * @param written as the operator wrote it
     */
    record Directory(Path path, String written) implements SourceSettings {
        @Override
        public String shown() {
            return "directory " + written;
        }
    }

    /**
     * What the objects of a cluster amount to.
     *
     * @param kubeconfig null: inside a cluster its service account's, else {@code $KUBECONFIG} or {@code ~/.kube/config}
     * @param controllerName that Gateways and routes know us by
     * @param folder of the first file
     */
    record Kubernetes(@Nullable Path kubeconfig, String controllerName, MappingSettings mapping, Path folder)
            implements SourceSettings {
        @Override
        public String shown() {
            return "kubernetes";
        }
    }
}
