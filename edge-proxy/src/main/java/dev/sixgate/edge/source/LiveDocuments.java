package dev.sixgate.edge.source;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What sources hold, those included that are followed over a connection. Such a source begins to be followed when it is first
 * asked for, and ends when another takes its place. Any thread.
 */
public final class LiveDocuments implements Documents, AutoCloseable {
    private final ChangeSignal changes = new ChangeSignal();
    private @Nullable KubernetesSource kubernetes;

    /** @param listener told once after a change, and again only after the documents were asked for; on a source's thread */
    public void onChange(Runnable listener) {
        changes.to(listener);
    }

    @Override
    public synchronized List<Document> of(SourceSettings settings) throws SourceException {
        return switch (settings) {
            case SourceSettings.Directory directory -> DirectorySource.read(directory);
            case SourceSettings.Kubernetes cluster -> {
                KubernetesSource source = follow(cluster);
                changes.heard();
                yield source.documents();
            }
        };
    }

    /** What is followed as it is now: asking begins and ends nothing, and what is not followed holds nothing. */
    public Documents unchanged() {
        return settings -> switch (settings) {
            case SourceSettings.Directory directory -> DirectorySource.read(directory);
            case SourceSettings.Kubernetes cluster -> followed(cluster);
        };
    }

    private synchronized List<Document> followed(SourceSettings.Kubernetes settings) throws SourceException {
        KubernetesSource known = kubernetes;
        return known != null && known.settings().equals(settings) ? known.documents() : List.of();
    }

    private KubernetesSource follow(SourceSettings.Kubernetes settings) throws SourceException {
        KubernetesSource known = kubernetes;
        if (known != null && known.settings().equals(settings)) return known;
        KubernetesSource fresh = KubernetesSource.start(settings, changes::changed);
        if (known != null) known.close();
        kubernetes = fresh;
        fresh.awaitFirst();
        return fresh;
    }

    /** Tells sources what became of their documents. */
    public synchronized void served(DocumentSet documents) {
        if (kubernetes != null) kubernetes.served(documents);
    }

    /** Of those that are followed over a connection. */
    public synchronized List<SourceState> states() {
        return kubernetes == null ? List.of() : List.of(kubernetes.state());
    }

    @Override
    public synchronized void close() {
        if (kubernetes != null) kubernetes.close();
        kubernetes = null;
    }
}
