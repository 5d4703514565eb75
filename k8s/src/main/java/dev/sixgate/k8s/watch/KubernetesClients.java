package dev.sixgate.k8s.watch;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Clients that leave patience to us: no retries of their own. */
public final class KubernetesClients {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int REQUEST_MILLIS = 15_000;

    private KubernetesClients() {}

    /**
     * @param kubeconfig null: inside a cluster the service account's, else {@code $KUBECONFIG} or {@code ~/.kube/config}
     * @throws io.fabric8.kubernetes.client.KubernetesClientException when it cannot be read
     */
    public static KubernetesClient open(@Nullable Path kubeconfig) {
        return open(kubeconfig == null ? Config.autoConfigure(null) : Config.fromKubeconfig(kubeconfig.toFile()));
    }

    static KubernetesClient open(Config config) {
        config.setRequestRetryBackoffLimit(0);
        config.setConnectionTimeout(CONNECT_MILLIS);
        config.setRequestTimeout(REQUEST_MILLIS);
        return new KubernetesClientBuilder().withConfig(config).build();
    }
}
