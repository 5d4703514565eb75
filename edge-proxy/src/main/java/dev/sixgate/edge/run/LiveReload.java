package dev.sixgate.edge.run;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an edge in step with its source: reads again when a file changed, on {@link #reload} (SIGHUP) and on
 * {@code POST /reload}, all on one thread. A configuration that is bad leaves the old one running.
 */
public final class LiveReload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveReload.class);
    /** With the settling look after it, a change takes effect well within 500 ms. */
    private static final Duration LOOK = Duration.ofMillis(200);

    private static final Duration SETTLE = Duration.ofMillis(100);
    /** Far below the life of a development certificate. */
    private static final Duration CERTIFICATES = Duration.ofHours(12);

    private final Edge edge;
    private final SnapshotSource source;
    private final FileWatcher watcher = new FileWatcher();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sixgate-reload").daemon().factory());

    private LiveReload(Edge edge, SnapshotSource source) {
        this.edge = edge;
        this.source = source;
    }

    /** @param started what the edge was started from; its files are watched from now on */
    public static LiveReload start(Edge edge, SnapshotSource source, SnapshotSource.Reading started) {
        LiveReload reload = new LiveReload(edge, source);
        reload.watcher.watch(started.watched(), started.stamps());
        edge.reloadBy(reload::reload);
        reload.lookAfter(LOOK);
        reload.thread.scheduleWithFixedDelay(
                edge::reloadCertificates, CERTIFICATES.toSeconds(), CERTIFICATES.toSeconds(), TimeUnit.SECONDS);
        return reload;
    }

    /** Reads and applies now, whatever the files' times say. From any thread; the stage ends with the verdict. */
    public CompletionStage<Verdict> reload() {
        try {
            return CompletableFuture.supplyAsync(this::readAndApply, thread);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedStage(Verdict.refused(List.of("the edge is shutting down")));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private void lookAfter(Duration delay) {
        try {
            thread.schedule(this::look, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed while looking");
        }
    }

    private void look() {
        try {
            if (watcher.changed()) readAndApply();
        } finally {
            lookAfter(watcher.unsettled() ? SETTLE : LOOK);
        }
    }

    private Verdict readAndApply() {
        try {
            Map<Path, String> before = FileWatcher.stamps(watcher.watched());
            SnapshotSource.Reading reading = source.read(edge.snapshot().documents());
            // What changes while it is read differs from how it looked before, and will be read again.
            Map<Path, String> stamps = new HashMap<>(reading.stamps());
            before.forEach(stamps::replace);
            watcher.watch(reading.watched(), stamps);
            Snapshot snapshot = reading.snapshot();
            if (snapshot == null) return edge.refuse(reading.problems());
            reading.problems().forEach(LOG::warn);
            Verdict verdict = edge.apply(snapshot);
            source.served(snapshot.documents());
            return verdict;
        } catch (RuntimeException e) {
            LOG.error("the configuration could not be read again: {}", e.toString());
            return edge.refuse(List.of("the configuration could not be read again: " + e));
        }
    }
}
