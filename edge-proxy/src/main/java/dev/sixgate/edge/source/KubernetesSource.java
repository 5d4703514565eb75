package dev.sixgate.edge.source;

import dev.sixgate.k8s.watch.ConditionWriter;
import dev.sixgate.k8s.watch.DocumentSink;
import dev.sixgate.k8s.watch.KubernetesClients;
import dev.sixgate.k8s.watch.KubernetesWatch;
import dev.sixgate.k8s.watch.WatchState;
import dev.sixgate.k8s.watch.WatchTimes;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The objects of a cluster as documents, as long as it is open. */
final class KubernetesSource implements AutoCloseable {
    /** The first reading waits for the cluster, so that an edge does not begin with nothing; a cluster that is away is not waited for longer. */
    private static final int FIRST_SECONDS = 5;

    private static final Duration CONDITIONS = Duration.ofSeconds(1);
    private static final String NAMES = "kubernetes/";

    private final SourceSettings.Kubernetes settings;
    private final KubernetesClient client;
    private final ConditionWriter conditions;
    private final KubernetesWatch watch;
    private final CountDownLatch first = new CountDownLatch(1);
    private volatile List<Document> documents = List.of();

    private KubernetesSource(SourceSettings.Kubernetes settings, KubernetesClient client, Runnable changed) {
        this.settings = settings;
        this.client = client;
        conditions = new ConditionWriter(client, settings.controllerName(), InstantSource.system(), CONDITIONS);
        watch = KubernetesWatch.start(
                client, settings.mapping(), WatchTimes.DEFAULT, new Collected(changed), conditions);
    }

    static KubernetesSource start(SourceSettings.Kubernetes settings, Runnable changed) throws SourceException {
        try {
            return new KubernetesSource(settings, KubernetesClients.open(settings.kubeconfig()), changed);
        } catch (KubernetesClientException e) {
            throw new SourceException("cannot be followed: " + e.getMessage());
        }
    }

    SourceSettings.Kubernetes settings() {
        return settings;
    }

    List<Document> documents() {
        return documents;
    }

    void awaitFirst() {
        try {
            boolean _ = first.await(FIRST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void served(DocumentSet served) {
        Map<String, String> problems = new TreeMap<>();
        for (DocumentStanding standing : served.standings())
            if (standing.name().startsWith(NAMES) && standing.problem() != null)
                problems.put(standing.name(), standing.problem());
        conditions.served(problems);
    }

    SourceState state() {
        WatchState state = watch.state();
        String problem = state.kinds().stream()
                .filter(kind -> kind.problem() != null)
                .map(kind -> kind.kind().plural() + ": " + kind.problem())
                .findFirst()
                .orElse(null);
        return new SourceState(
                settings.shown(), state.complete(), state.documents(), state.refusals(), state.age(), problem);
    }

    @Override
    public void close() {
        watch.close();
        conditions.close();
        client.close();
    }

    /** Takes over what belongs together at once. */
    private final class Collected implements DocumentSink {
        private final Map<String, Document> byName = new TreeMap<>();
        private final Runnable changed;

        Collected(Runnable changed) {
            this.changed = changed;
        }

        @Override
        public void put(dev.sixgate.k8s.Document document) {
            byte[] json = document.json().getBytes(StandardCharsets.UTF_8);
            byName.put(
                    document.name(),
                    json.length > Document.MAX_BYTES
                            ? Document.unreadable(
                                    document.name(),
                                    "is larger than documents may be",
                                    document.origin(),
                                    settings.folder())
                            : Document.of(document.name(), json, document.origin(), settings.folder()));
        }

        @Override
        public void remove(String name) {
            byName.remove(name);
        }

        @Override
        public void synced() {
            documents = List.copyOf(byName.values());
            changed.run();
            first.countDown();
        }
    }
}
