package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.Document;
import dev.sixgate.k8s.Kinds;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.Translation;
import dev.sixgate.k8s.Verdict;
import dev.sixgate.k8s.mapping.StatusPatch;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is said about objects into their status, on a thread of its own: the newest word wins, and nothing waits for it.
 * An object is written when our word on it changed, never because somebody else's did: so many edges that follow one cluster need no
 * leader, and none fights another.
 */
public final class ConditionWriter implements VerdictListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConditionWriter.class);
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private record Word(KubernetesObjects objects, Translation translation, Map<String, String> problems) {}

    private final KubernetesClient client;
    private final String controller;
    private final InstantSource clock;
    private final Duration pause;
    private final Thread thread;
    private final Map<ObjectRef, List<Verdict>> written = new HashMap<>();

    // Guarded by this.
    private @Nullable Word word;
    private @Nullable Word last;

    /**
     * @param client borrowed
     * @param controller the name that routes know us by
     * @param pause between two rounds of writing
     */
    public ConditionWriter(KubernetesClient client, String controller, InstantSource clock, Duration pause) {
        this.client = client;
        this.controller = controller;
        this.clock = clock;
        this.pause = pause;
        thread = Thread.ofVirtual().name("kubernetes-conditions").start(this::run);
    }

    @Override
    public synchronized void told(KubernetesObjects objects, Translation translation) {
        word = new Word(objects, translation, last == null ? Map.of() : last.problems);
        last = word;
        notifyAll();
    }

    /** @param problems by document, why its newest version is not served; documents that are served are not in it */
    public synchronized void served(Map<String, String> problems) {
        if (last == null || last.problems.equals(problems)) return;
        word = new Word(last.objects, last.translation, Map.copyOf(problems));
        last = word;
        notifyAll();
    }

    private void run() {
        try {
            while (true) {
                Word next;
                synchronized (this) {
                    while (word == null) wait();
                    next = word;
                    word = null;
                }
                write(next);
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void write(Word next) throws InterruptedException {
        Map<ObjectRef, List<Verdict>> byObject = new LinkedHashMap<>();
        for (Verdict verdict : next.translation.verdicts())
            byObject.computeIfAbsent(verdict.object(), _ -> new ArrayList<>()).add(verdict);
        for (Document document : next.translation.documents()) {
            String problem = next.problems.get(document.name());
            if (problem != null)
                byObject.computeIfAbsent(document.about(), _ -> new ArrayList<>())
                        .add(new Verdict(document.about(), "", "Programmed", false, "Invalid", problem, Code.K8S_002));
        }
        written.keySet().retainAll(byObject.keySet());
        for (Map.Entry<ObjectRef, List<Verdict>> entry : byObject.entrySet())
            if (!entry.getValue().equals(written.get(entry.getKey()))) write(next, entry.getKey(), entry.getValue());
    }

    private void write(Word next, ObjectRef ref, List<Verdict> verdicts) throws InterruptedException {
        for (Kinds kind : Kinds.values()) {
            HasMetadata object =
                    kind.kind().equals(ref.kind()) ? next.objects.get(kind.type(), ref.namespace(), ref.name()) : null;
            if (object == null) continue;
            String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
            String patch = StatusPatch.of(object, verdicts, controller, now);
            if (patch == null || send(kind, object, patch)) written.put(ref, verdicts);
        }
    }

    private boolean send(Kinds kind, HasMetadata object, String patch) throws InterruptedException {
        String apiVersion = object.getApiVersion();
        try {
            client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                            .withGroup(kind.group())
                            .withVersion(apiVersion.substring(apiVersion.indexOf('/') + 1))
                            .withKind(kind.kind())
                            .withPlural(kind.plural())
                            .withNamespaced(true)
                            .build())
                    .inNamespace(object.getMetadata().getNamespace())
                    .withName(object.getMetadata().getName())
                    .subresource("status")
                    .patch(MERGE, patch);
            return true;
        } catch (KubernetesClientException e) {
            if (Thread.interrupted()) throw new InterruptedException();
            ApiFailure failure = ApiFailure.of(e);
            LOG.warn("conditions of {} could not be written: {}", ObjectRef.of(object), failure.sentence());
            // Gone meanwhile, or not ours to write: only a new word is a reason to try again.
            return failure.isUnknownKind() || failure.isForbidden();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
