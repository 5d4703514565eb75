package dev.sixgate.edge.balancer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.balancer.BackendState.Mark;
import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The backend with the fewest uses in flight; at equal load one of the edge's own region, then by rotation. Backends that
 * failed are avoided for their back-off; when all of them are, they are tried anyway, and the candidates say so. An app
 * with more than {@link #MAX_CANDIDATES} backends is asked for that many at random, which keeps a choice cheap and herds
 * apart (as the power of two choices does).
 */
public final class LeastLoaded implements Balancer {
    private record Key(String app, String backend, InetAddress address, int port) {}

    private final String region;
    private final RandomGenerator random;
    private final Map<Key, BackendState> states = new ConcurrentHashMap<>();
    // By identity, so that a choice hashes no app; a snapshot's entries go with it.
    private final Cache<App, BackendState[]> statesOf =
            Caffeine.newBuilder().weakKeys().executor(Runnable::run).build();
    private final AtomicInteger rotation = new AtomicInteger();

    /**
     * @param region of the edge; empty: none
     * @param random safe for use by several threads
     */
    public LeastLoaded(String region, RandomGenerator random) {
        this.region = region;
        this.random = random;
    }

    @Override
    public @Nullable Lease pick(App app, Set<String> tried, List<Candidate> candidates, long nowNanos) {
        BackendState[] all = states(app);
        if (all.length == 0) return null;
        boolean sampled = all.length > MAX_CANDIDATES;
        int start = sampled ? random.nextInt(all.length) : (rotation.getAndIncrement() & 0x7fff_ffff) % all.length;
        int best = least(app, all, start, Math.min(all.length, MAX_CANDIDATES), tried, nowNanos);
        if (sampled && (best < 0 || !usable(all[best].mark(), nowNanos)))
            best = least(app, all, start, all.length, tried, nowNanos);
        explain(app, all, start, best, tried, candidates, nowNanos);
        if (best < 0) return null;
        Mark mark = all[best].mark();
        return new Use(app.backends().get(best), all[best], all[best].begin(mark.trialDue(nowNanos), mark));
    }

    /** The index of the best of {@code count} backends from {@code start} on, or -1 when all of these were tried. */
    private int least(App app, BackendState[] all, int start, int count, Set<String> tried, long nowNanos) {
        int best = -1;
        boolean bestUsable = false;
        for (int i = 0; i < count; i++) {
            int at = (start + i) % all.length;
            if (tried.contains(app.backends().get(at).name())) continue;
            boolean usable = usable(all[at].mark(), nowNanos);
            if (best < 0 || usable && !bestUsable || usable == bestUsable && better(app, all, at, best)) {
                best = at;
                bestUsable = usable;
            }
        }
        return best;
    }

    private static boolean usable(Mark mark, long nowNanos) {
        return mark.working() || mark.trialDue(nowNanos);
    }

    private void explain(
            App app, BackendState[] all, int start, int best, Set<String> tried, List<Candidate> out, long nowNanos) {
        int listed = Math.min(all.length, MAX_CANDIDATES);
        if (best >= 0) {
            Mark mark = all[best].mark();
            String name = app.backends().get(best).name();
            out.add(new Candidate(name, all[best].inFlight.get(), !mark.working(), null));
            listed--;
        }
        for (int i = 0; i < all.length && listed > 0; i++) {
            int at = (start + i) % all.length;
            if (at == best) continue;
            listed--;
            Mark mark = all[at].mark();
            String name = app.backends().get(at).name();
            String why = tried.contains(name)
                    ? "this request failed on it already"
                    : whyNot(app, all, at, mark, best, nowNanos);
            out.add(new Candidate(name, all[at].inFlight.get(), !mark.working(), why));
        }
    }

    private String whyNot(App app, BackendState[] all, int at, Mark mark, int best, long nowNanos) {
        if (!usable(mark, nowNanos)) {
            long millis = Math.max(0, (mark.untilNanos() - nowNanos) / 1_000_000);
            String why = mark.trial()
                    ? "failing, and another request is trying it now"
                    : "failing: avoided for " + millis + " ms more after " + mark.failures() + " failures in a row";
            return usable(all[best].mark(), nowNanos)
                    ? why
                    : why + "; all are failing, so the least loaded is tried anyway";
        }
        if (all[at].inFlight.get() > all[best].inFlight.get()) return "has more in flight";
        if (near(app.backends().get(best)) && !near(app.backends().get(at))) return "as loaded, but in another region";
        return "as loaded, and not its turn";
    }

    private boolean better(App app, BackendState[] all, int one, int other) {
        int difference = all[one].inFlight.get() - all[other].inFlight.get();
        return difference < 0
                || difference == 0
                        && near(app.backends().get(one))
                        && !near(app.backends().get(other));
    }

    private boolean near(Backend backend) {
        return !region.isEmpty() && backend.region().equals(region);
    }

    private BackendState[] states(App app) {
        return statesOf.get(
                app,
                a -> a.backends().stream()
                        .map(b -> states.computeIfAbsent(
                                new Key(a.name(), b.name(), b.address(), b.port()), _ -> new BackendState()))
                        .toArray(BackendState[]::new));
    }

    /** Forgets backends that none of these apps has; uses under way end as they would. Call after a reload. */
    public void retain(List<App> apps) {
        Set<Key> kept = new HashSet<>();
        for (App app : apps)
            for (Backend b : app.backends()) kept.add(new Key(app.name(), b.name(), b.address(), b.port()));
        states.keySet().retainAll(kept);
    }

    /** A backend's state as status shows it. */
    public record BackendStatus(String backend, int inFlight, boolean failing, int failuresInARow) {}

    public List<BackendStatus> status(App app) {
        BackendState[] all = states(app);
        return IntStream.range(0, all.length)
                .mapToObj(i -> {
                    Mark mark = all[i].mark();
                    return new BackendStatus(
                            app.backends().get(i).name(), all[i].inFlight.get(), !mark.working(), mark.failures());
                })
                .toList();
    }

    /** Backends remembered. */
    int size() {
        return states.size();
    }

    private static final class Use implements Lease {
        private final Backend backend;
        private final BackendState state;
        private Mark under;
        private boolean ended;

        Use(Backend backend, BackendState state, Mark under) {
            this.backend = backend;
            this.state = state;
            this.under = under;
        }

        @Override
        public Backend backend() {
            return backend;
        }

        @Override
        public void reached() {
            if (ended) return;
            state.worked(under);
            under = Mark.WORKING;
        }

        @Override
        public void succeeded(long nowNanos) {
            end();
            state.worked(under);
        }

        @Override
        public void failed(long nowNanos) {
            end();
            state.failed(under, nowNanos);
        }

        @Override
        public void abandoned() {
            end();
            state.undecided(under);
        }

        private void end() {
            if (ended) throw new AssertionError("a lease ends once; this one of " + backend.name() + " ended twice");
            ended = true;
            state.inFlight.decrementAndGet();
        }
    }
}
