package dev.sixgate.edge.run;

import dev.sixgate.edge.run.SnapshotSource.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an edge in step with its source: reads again when a file changed, on {@link #reload} (SIGHUP) and on
 * {@code POST /reload}, and does what operators ask for by {@code diff}, {@code apply} and {@code rollback}, all on one thread. A
 * configuration that is bad leaves the old one running; the one before the last can be gone back to.
 */
public final class LiveReload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveReload.class);
    /** With the settling look after it, a change takes effect well within 500 ms. */
    private static final Duration LOOK = Duration.ofMillis(200);

    private static final Duration SETTLE = Duration.ofMillis(100);
    private static final Duration JUDGE = Duration.ofMillis(100);
    /** Far below the life of a development certificate. */
    private static final Duration CERTIFICATES = Duration.ofHours(12);

    private final Edge edge;
    private final FileWatcher watcher = new FileWatcher();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sixgate-reload").daemon().factory());
    // What follows is touched by the thread alone.
    private SnapshotSource source;
    private Served served;
    private @Nullable Served previous;
    private byte @Nullable [] takenBack;
    private volatile @Nullable Trial trial;

    /** A configuration that is or was served. @param source that it came from */
    private record Served(SnapshotSource source, Reading reading) {
        Snapshot snapshot() {
            Snapshot snapshot = reading.snapshot();
            if (snapshot == null) throw new AssertionError("what cannot be served was served");
            return snapshot;
        }
    }

    private LiveReload(Edge edge, SnapshotSource source, Reading started) {
        this.edge = edge;
        this.source = source;
        served = new Served(source, started);
    }

    /** @param started what the edge was started from; its files are watched from now on */
    public static LiveReload start(Edge edge, SnapshotSource source, Reading started) {
        LiveReload reload = new LiveReload(edge, source, started);
        reload.watcher.watch(started.watched(), started.stamps());
        edge.changeBy(reload);
        reload.lookAfter(LOOK);
        reload.thread.scheduleWithFixedDelay(
                edge::reloadCertificates, CERTIFICATES.toSeconds(), CERTIFICATES.toSeconds(), TimeUnit.SECONDS);
        return reload;
    }

    /** Reads and applies now, whatever the files' times say. From any thread; the stage ends with the verdict. */
    public CompletionStage<Verdict> reload() {
        return onThread(() -> {
            takenBack = null;
            return readAndApply(source);
        });
    }

    /** Some document of a source is another one. As {@link #reload}, but what was taken back stays away. */
    public void sourcesChanged() {
        onThread(() -> readAndApply(source));
    }

    /** What a file would change; nothing is. @param file absolute; null: the one that the edge follows */
    CompletionStage<Preview> preview(@Nullable Path file) {
        return onThread(() -> {
            Reading reading = (file == null ? source : source.at(file))
                    .look(edge.snapshot().documents());
            Snapshot next = reading.snapshot();
            if (next == null) return new Preview(reading.problems(), null);
            return new Preview(List.of(), compare(new Served(source, reading), next));
        });
    }

    /**
     * Serves a file, which is followed from then on.
     *
     * @param file absolute; null: the one that the edge follows
     * @param rule when it is taken back by itself; null: never
     * @param within how long the rule is looked at
     */
    CompletionStage<Applied> apply(@Nullable Path file, @Nullable RollbackRule rule, Duration within) {
        return onThread(() -> {
            Trial running = trial;
            if (running != null && running.state() == Trial.State.WATCHING)
                return new Applied(
                        Verdict.refused(List.of("another configuration is on approval; wait, or roll back")), null);
            takenBack = null;
            SnapshotSource from = file == null ? source : source.at(file);
            Comparison[] compared = new Comparison[1];
            Outcomes outcomes = new Outcomes(edge.nowNanos());
            Verdict verdict = readAndApply(from, next -> compared[0] = compare(next, next.snapshot()));
            if (!verdict.ok()) return new Applied(verdict, compared[0]);
            // Where the file's own watcher was faster, it is that change which is on approval.
            if (rule != null) begin(new Trial(rule, within, outcomes, System.nanoTime()));
            return new Applied(verdict, compared[0]);
        });
    }

    /** Goes back to what was served before the last change. A second time there is nothing to go back to. */
    CompletionStage<Applied> rollback() {
        return onThread(() -> {
            Trial running = trial;
            Applied applied = takeBack();
            if (running != null && applied.verdict.ok()) running.end(Trial.State.ROLLED_BACK, "by an operator");
            return applied;
        });
    }

    /** The last configuration that was on approval; null: none was. */
    @Nullable
    Trial trial() {
        return trial;
    }

    /** @param problems why the file cannot be served @param comparison null: it cannot */
    record Preview(List<String> problems, @Nullable Comparison comparison) {}

    /** @param comparison with what was served before; null: there was nothing to compare */
    record Applied(Verdict verdict, @Nullable Comparison comparison) {}

    private Comparison compare(Served next, Snapshot snapshot) {
        return Comparison.of(
                served.snapshot(), snapshot, source.compare(served.reading, next.reading), new LiveUses(edge));
    }

    private void begin(Trial begun) {
        trial = begun;
        edge.sinks().count(begun.outcomes());
        judgeLater(begun);
    }

    private void judgeLater(Trial watched) {
        try {
            thread.schedule(() -> judge(watched), JUDGE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed while a configuration was on approval");
        }
    }

    private void judge(Trial watched) {
        String broken = watched.judge(System.nanoTime());
        if (broken != null) {
            LOG.warn("rolling back: {}", broken);
            Verdict verdict = takeBack().verdict;
            watched.end(
                    verdict.ok() ? Trial.State.ROLLED_BACK : Trial.State.KEPT,
                    verdict.ok()
                            ? broken
                            : broken + "; but it cannot be rolled back: "
                                    + verdict.problems().getFirst());
        }
        if (watched.state() == Trial.State.WATCHING) judgeLater(watched);
        else edge.sinks().count(null);
    }

    private Applied takeBack() {
        Served to = previous;
        if (to == null) return new Applied(Verdict.refused(List.of("there is nothing to roll back to")), null);
        Comparison comparison = compare(to, to.snapshot());
        Verdict verdict = edge.apply(to.snapshot());
        if (!verdict.ok()) return new Applied(verdict, comparison);
        takenBack = served.reading.text();
        if (takenBack == null) takenBack = new byte[0];
        source = to.source;
        served = to;
        previous = null;
        // The file still says what was taken back: it is read again when it changes, not before.
        watcher.watch(to.reading.watched(), FileWatcher.stamps(to.reading.watched()));
        source.served(to.snapshot().documents());
        return new Applied(verdict, comparison);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private <T> CompletionStage<T> onThread(Supplier<T> work) {
        try {
            return CompletableFuture.supplyAsync(work, thread);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedStage(new IllegalStateException("the edge is shutting down"));
        }
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
            if (watcher.changed()) readAndApply(source);
        } finally {
            lookAfter(watcher.unsettled() ? SETTLE : LOOK);
        }
    }

    private Verdict readAndApply(SnapshotSource from) {
        return readAndApply(from, _ -> {});
    }

    private interface Before {
        void apply(Served next);
    }

    /** @param before told what is about to be served */
    private Verdict readAndApply(SnapshotSource from, Before before) {
        try {
            Map<Path, String> stampsBefore = FileWatcher.stamps(watcher.watched());
            Reading reading = from.read(edge.snapshot().documents());
            // What changes while it is read differs from how it looked before, and will be read again.
            Map<Path, String> stamps = new HashMap<>(reading.stamps());
            stampsBefore.forEach(stamps::replace);
            if (from == source) watcher.watch(reading.watched(), stamps);
            Snapshot snapshot = reading.snapshot();
            if (snapshot == null) return edge.refuse(reading.problems());
            byte[] away = takenBack;
            if (away != null && Arrays.equals(away, reading.text()))
                return edge.refuse(List.of("the file still says what was rolled back; change it, or apply it again"));
            reading.problems().forEach(LOG::warn);
            Served next = new Served(from, reading);
            before.apply(next);
            Verdict verdict = edge.apply(snapshot);
            if (verdict.ok()) {
                takenBack = null;
                if (from != source) watcher.watch(reading.watched(), stamps);
                source = from;
                if (!same(served, next)) previous = served;
                served = next;
            }
            from.served(snapshot.documents());
            return verdict;
        } catch (RuntimeException e) {
            LOG.error("the configuration could not be read again: {}", e.toString());
            return edge.refuse(List.of("the configuration could not be read again: " + e));
        }
    }

    /** Reading the same again is no change to go back from. */
    private static boolean same(Served one, Served other) {
        return Arrays.equals(one.reading.text(), other.reading.text())
                && Differences.changes(one.snapshot(), other.snapshot()).isEmpty();
    }
}
