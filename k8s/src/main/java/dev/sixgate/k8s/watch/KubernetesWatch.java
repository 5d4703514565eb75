package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Kinds;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.Translation;
import dev.sixgate.k8s.mapping.Translator;
import dev.sixgate.k8s.watch.WatchState.KindState;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a cluster and tells a sink what it amounts to. While the API server is away the sink keeps what it has; {@link #state}
 * says how old that is. A virtual thread for each kind and one that publishes.
 */
public final class KubernetesWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesWatch.class);

    private final MappingSettings settings;
    private final WatchTimes times;
    private final DocumentSink sink;
    private final VerdictListener verdicts;
    private final Publication publication = new Publication();
    private final Map<Kinds, KindWatch> watches = new EnumMap<>(Kinds.class);
    private final List<Thread> threads = new ArrayList<>();

    // Guarded by this.
    private final ObjectMirror mirror = new ObjectMirror();
    private volatile Translation last = new Translation(List.of(), List.of());
    private volatile boolean published;

    /** @param verdicts told after each publication, on the same thread */
    private KubernetesWatch(
            ApiServer server, MappingSettings settings, WatchTimes times, DocumentSink sink, VerdictListener verdicts) {
        this.settings = settings;
        this.times = times;
        this.sink = sink;
        this.verdicts = verdicts;
        for (Kinds kind : Kinds.values()) watches.put(kind, new KindWatch(kind, server, new Shared(), times));
    }

    /**
     * Begins to follow the cluster of {@code client}, which is borrowed and must outlive the watch.
     *
     * @param verdicts told after each publication, on the thread that calls the sink
     */
    public static KubernetesWatch start(
            KubernetesClient client,
            MappingSettings settings,
            WatchTimes times,
            DocumentSink sink,
            VerdictListener verdicts) {
        KubernetesWatch watch = new KubernetesWatch(new ApiServer(client), settings, times, sink, verdicts);
        watch.watches.forEach((kind, one) -> watch.begin("kubernetes-" + kind.plural(), one));
        watch.begin("kubernetes-publisher", watch::publish);
        return watch;
    }

    private void begin(String name, Runnable work) {
        threads.add(Thread.ofVirtual().name(name).start(work));
    }

    /** How it goes, at this moment. */
    public WatchState state() {
        List<KindState> kinds = new ArrayList<>();
        Duration age = Duration.ZERO;
        for (Map.Entry<Kinds, KindWatch> watch : watches.entrySet()) {
            int objects;
            synchronized (mirror) {
                objects = mirror.count(watch.getKey());
            }
            KindState state = watch.getValue().state(objects);
            kinds.add(state);
            if (state.age().compareTo(age) > 0) age = state.age();
        }
        int refusals =
                (int) last.verdicts().stream().filter(one -> one.code() != null).count();
        return new WatchState(published, last.documents().size(), refusals, age, kinds);
    }

    /** Ends every thread; nothing is published afterwards. */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread thread : threads)
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        if (interrupted) Thread.currentThread().interrupt();
    }

    private void publish() {
        try {
            while (true) {
                synchronized (mirror) {
                    while (!mirror.hasChanged()) mirror.wait();
                }
                TimeUnit.NANOSECONDS.sleep(times.coalesce().toNanos());
                KubernetesObjects objects;
                synchronized (mirror) {
                    objects = mirror.take();
                }
                publish(objects);
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void publish(KubernetesObjects objects) {
        try {
            Translation translation = Translator.translate(objects, settings);
            publication.publish(translation.documents(), sink);
            last = translation;
            published = true;
            verdicts.told(objects, translation);
        } catch (RuntimeException e) {
            LOG.error(
                    "Kubernetes objects could not be translated, a fault of ours; what was served stays: {}",
                    e.toString());
            LOG.debug("fault", e);
        }
    }

    /** The mirror under its lock. */
    private final class Shared implements KindWatch.Mirror {
        @Override
        public boolean listed(Kinds kind, List<HasMetadata> objects) {
            synchronized (mirror) {
                boolean believed = mirror.onListed(kind, objects);
                mirror.notifyAll();
                return believed;
            }
        }

        @Override
        public void present(Kinds kind, HasMetadata object) {
            synchronized (mirror) {
                mirror.onPresent(kind, object);
                mirror.notifyAll();
            }
        }

        @Override
        public void deleted(Kinds kind, HasMetadata object) {
            synchronized (mirror) {
                mirror.onDeleted(kind, object);
                mirror.notifyAll();
            }
        }
    }
}
