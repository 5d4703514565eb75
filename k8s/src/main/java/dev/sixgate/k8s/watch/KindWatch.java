package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Kinds;
import dev.sixgate.k8s.watch.ApiServer.Events;
import dev.sixgate.k8s.watch.ApiServer.Listing;
import dev.sixgate.k8s.watch.WatchState.KindState;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One kind, on a thread of its own: list, then watch from there, resume where a watch ended, list again when that is too old.
 * Ends when it is interrupted.
 */
final class KindWatch implements Runnable {
    /** Beyond what a watch was asked for; then it is dead, though its connection does not know. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    private static final Duration LASTED = Duration.ofSeconds(5);
    private static final long RESUME_MILLIS_MAX = 2_000;

    /** What the watch of the whole cluster does with it. */
    interface Mirror {
        /** False: held until the next list confirms it. */
        boolean listed(Kinds kind, List<HasMetadata> objects);

        void present(Kinds kind, HasMetadata object);

        void deleted(Kinds kind, HasMetadata object);
    }

    private final Kinds kind;
    private final ApiServer server;
    private final Mirror mirror;
    private final WatchTimes times;
    private final Backoff backoff = new Backoff(ThreadLocalRandom.current());
    private volatile String resourceVersion = "";
    private volatile boolean watched;
    private volatile boolean held;
    private volatile boolean absent;
    private volatile long lists;
    private volatile long events;
    private volatile long upToDateNanos = System.nanoTime();
    private volatile @Nullable String problem = "not listed yet";
    private int version;

    KindWatch(Kinds kind, ApiServer server, Mirror mirror, WatchTimes times) {
        this.kind = kind;
        this.server = server;
        this.mirror = mirror;
        this.times = times;
    }

    KindState state(int objects) {
        boolean fresh = watched || absent;
        Duration age = fresh ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - upToDateNanos);
        return new KindState(kind, objects, watched, held, lists, events, age, problem);
    }

    @Override
    public void run() {
        try {
            while (true) {
                try {
                    if (resourceVersion.isEmpty()) list();
                    else watch();
                } catch (ApiFailure e) {
                    failed(e);
                } catch (RuntimeException e) { // of the client, whatever it did not foresee
                    failed(new ApiFailure(e.toString(), 0, 0));
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void list() throws ApiFailure, InterruptedException {
        Listing listing = server.list(kind, kind.versions().get(version));
        lists++;
        absent = false;
        held = !mirror.listed(kind, listing.objects());
        if (held) {
            problem = "a list has lost more than half; it is asked for again";
            TimeUnit.NANOSECONDS.sleep(times.confirm().toNanos());
            return;
        }
        upToDateNanos = System.nanoTime();
        resourceVersion = listing.resourceVersion();
    }

    private void watch() throws ApiFailure, InterruptedException {
        CompletableFuture<ApiFailure> end = new CompletableFuture<>();
        long seconds = times.watch().toSeconds();
        long begun = System.nanoTime();
        ApiFailure why;
        try (EventStream _ =
                server.watch(kind, kind.versions().get(version), resourceVersion, seconds, new Relay(end))) {
            watched = true;
            problem = null;
            why = end.get(seconds + GRACE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            problem = "the watch was silent for too long; it is opened again";
            return;
        } catch (ExecutionException e) {
            throw new AssertionError("the end of a watch is a value", e);
        } finally {
            if (watched) upToDateNanos = System.nanoTime();
            watched = false;
        }
        if (why != ApiFailure.CLEAN_END) throw why;
        // The end of a watch is its ordinary fate; but a server that ends each at once is not asked in a loop.
        if (System.nanoTime() - begun > LASTED.toNanos()) backoff.succeeded();
        pause(Math.min(RESUME_MILLIS_MAX, backoff.failedMillis(0)));
    }

    private void failed(ApiFailure failure) throws InterruptedException {
        if (failure.isGone()) {
            resourceVersion = "";
            pause(backoff.failedMillis(0));
            return;
        }
        if (failure.isUnknownKind()) {
            nextVersion();
            return;
        }
        problem = failure.sentence();
        pause(backoff.failedMillis(failure.retryAfterMillis()));
    }

    /** An older version of the kind; after the oldest it counts as a kind without objects for a while. */
    private void nextVersion() throws InterruptedException {
        resourceVersion = "";
        version = (version + 1) % kind.versions().size();
        if (version != 0) return;
        lists++;
        held = !mirror.listed(kind, List.of());
        absent = !held;
        problem = held ? "the cluster does not know the kind any more; it is asked for again" : null;
        pause(held ? times.confirm().toMillis() : times.absent().toMillis());
    }

    private static void pause(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    /** What one watch brings; after its end nothing more counts. */
    private final class Relay implements Events {
        private final CompletableFuture<ApiFailure> end;

        Relay(CompletableFuture<ApiFailure> end) {
            this.end = end;
        }

        @Override
        public void onPresent(HasMetadata object, String at) {
            if (end.isDone()) return;
            mirror.present(kind, object);
            progressed(at);
        }

        @Override
        public void onDeleted(HasMetadata object, String at) {
            if (end.isDone()) return;
            mirror.deleted(kind, object);
            progressed(at);
        }

        @Override
        public void onBookmark(String at) {
            if (!end.isDone()) progressed(at);
        }

        private void progressed(String at) {
            events++;
            if (!at.isEmpty()) resourceVersion = at;
            backoff.succeeded();
        }

        @Override
        public void onEnd(ApiFailure why) {
            end.complete(why);
        }
    }
}
