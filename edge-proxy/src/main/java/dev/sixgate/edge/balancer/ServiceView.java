package dev.sixgate.edge.balancer;

import dev.sixgate.edge.balancer.Balancer.Choice;
import dev.sixgate.edge.balancer.Balancer.None;
import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.Concurrency;
import dev.sixgate.edge.servicemap.LoadBalancing;
import dev.sixgate.edge.servicemap.LoadBalancing.SpillAt;
import dev.sixgate.edge.servicemap.OutlierDetection;
import dev.sixgate.edge.servicemap.SessionPersistence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One service of one snapshot, compiled for choosing: its regions in order, its policy, and the shared states of its
 * backends. In order of rank: a client's session, working backends below the soft limit, those below the hard limit, and,
 * if the service says so, those that are known to fail. Within a rank the nearest region goes first.
 */
final class ServiceView implements Chooser.Weights {
    /** How far a choice goes down. */
    private enum Rank {
        BELOW_SOFT,
        BELOW_HARD,
        FAILING
    }

    /** Orders of regions remembered. */
    private static final int MAX_ORDERS = 256;

    private final List<Backend> backends;
    private final BackendPolicy policy;
    private final ServiceState shared;
    private final BackendState[] states;
    private final RegionOrder own;
    private final Map<List<Set<String>>, RegionOrder> preferred = new HashMap<>(4); // by what routes ask for
    private final Chooser chooser;
    private final int[] eligible;
    private final long slowStartNanos;
    private final RandomGenerator random;
    private final Map<String, Integer> bySession = new HashMap<>();
    private final String[] sessions;
    private final long[] nameHashes;

    /** @param nearest the edge's own region and those after it; empty: nearness is unknown */
    ServiceView(
            List<Backend> backends,
            BackendPolicy policy,
            List<String> nearest,
            ServiceState shared,
            BackendState[] states,
            RandomGenerator random) {
        this.backends = backends;
        this.policy = policy;
        this.shared = shared;
        this.states = states;
        this.random = random;
        this.eligible = new int[states.length];
        this.slowStartNanos = policy.loadBalancing().slowStart().toNanos();
        this.own = RegionOrder.of(
                backends,
                policy.loadBalancing().nearest() ? nearest.stream().map(Set::of).toList() : List.of());
        this.chooser = chooser(policy.loadBalancing());
        this.sessions = new String[states.length];
        this.nameHashes = new long[states.length];
        for (int i = 0; i < states.length; i++) {
            Backend b = backends.get(i);
            nameHashes[i] = Hash64.of(b.name());
            sessions[i] = "%016x".formatted(Hash64.mix(Hash64.with(nameHashes[i], b.address()) + b.port()));
            bySession.putIfAbsent(sessions[i], i);
        }
    }

    private Chooser chooser(LoadBalancing balancing) {
        List<String> names = backends.stream().map(Backend::name).toList();
        double[] weights = backends.stream().mapToDouble(Backend::weight).toArray();
        return switch (balancing.policy()) {
            case LATENCY -> new TwoChoices(random, true);
            case RANDOM_TWO -> new TwoChoices(random, false);
            case LEAST_LOAD -> new LeastLoad();
            case ROUND_ROBIN -> new RoundRobin();
            case RING_HASH -> new HashRing(names, weights);
            case MAGLEV -> new Maglev(names, weights);
        };
    }

    List<Backend> backends() {
        return backends;
    }

    ServiceState shared() {
        return shared;
    }

    int queueMax() {
        return policy.concurrency().queueMax();
    }

    @Override
    public BackendState state(int backend) {
        return states[backend];
    }

    @Override
    public double weight(int backend, long nowNanos) {
        return backends.get(backend).weight() * states[backend].warmth(slowStartNanos, nowNanos);
    }

    @Nullable
    String session(int backend, @Nullable SessionPersistence persistence) {
        return persistence == null || persistence.type() == SessionPersistence.Type.CLIENT_IP
                ? null
                : sessions[backend];
    }

    // ---- the choice; with the lock of the service held

    Choice pick(Call call, long now) {
        if (states.length == 0) return None.NO_BACKEND;
        call.how = "";
        int chosen = shared.mustWait(call) ? -1 : choose(call, now);
        Choice none = chosen >= 0 ? null : whyNone(call, now);
        explain(call, chosen, now);
        if (none != null) return none;
        shared.leave(call);
        BackendState state = states[chosen];
        long under = state.begin(now);
        if (shared.anyWaiting() && anyRoom(now)) shared.callNext();
        return new Use(this, chosen, state, under, call.persistence);
    }

    private int choose(Call call, long now) {
        int chosen = bySession(call, now);
        if (chosen >= 0) return chosen;
        RegionOrder order = order(call);
        boolean spillEarly = policy.loadBalancing().spillAt() == SpillAt.SOFT_LIMIT;
        for (int region = 0; region < order.regions().length && chosen < 0; region++) {
            chosen = among(order, region, Rank.BELOW_SOFT, call, now);
            if (chosen < 0 && !spillEarly) chosen = among(order, region, Rank.BELOW_HARD, call, now);
            if (chosen >= 0)
                call.how = region == 0 ? chooser.why() : "the nearer regions have none to take it; " + chooser.why();
        }
        for (int region = 0; region < order.regions().length && chosen < 0 && spillEarly; region++) {
            chosen = among(order, region, Rank.BELOW_HARD, call, now);
            if (chosen >= 0) call.how = "all are at their soft limit; " + chooser.why();
        }
        if (chosen >= 0 || !policy.tryAllWhenUnhealthy() || anyWorking(call, now)) return chosen;
        for (int region = 0; region < order.regions().length && chosen < 0; region++)
            chosen = among(order, region, Rank.FAILING, call, now);
        if (chosen >= 0) call.how = "all are failing, so they are tried anyway; " + chooser.why();
        return chosen;
    }

    private RegionOrder order(Call call) {
        if (call.prefer.isEmpty()) return own;
        if (preferred.size() > MAX_ORDERS) preferred.clear();
        return preferred.computeIfAbsent(call.prefer, prefer -> RegionOrder.of(backends, prefer));
    }

    private int bySession(Call call, long now) {
        SessionPersistence persistence = call.persistence;
        if (persistence == null) return -1;
        int found = -1;
        if (persistence.type() == SessionPersistence.Type.CLIENT_IP) {
            for (int i = 0; i < states.length; i++)
                if (may(i, Rank.BELOW_HARD, call, now)
                        && (found < 0 || Long.compareUnsigned(draw(call.hash, i), draw(call.hash, found)) > 0))
                    found = i;
        } else if (call.session != null) {
            Integer named = bySession.get(call.session);
            if (named != null && may(named, Rank.BELOW_HARD, call, now)) found = named;
        }
        if (found >= 0) call.how = "the client's session is there";
        return found;
    }

    /** Rendezvous hashing: the highest draw wins, so that a change of backends moves only those who must. */
    private long draw(long hash, int backend) {
        return Hash64.mix(hash ^ nameHashes[backend]);
    }

    private int among(RegionOrder order, int index, Rank rank, Call call, long now) {
        int[] region = order.regions()[index];
        return switch (chooser) {
            case Chooser.OfHash byHash ->
                byHash.choose(call.hash, i -> order.regionOf()[i] == index && may(i, rank, call, now));
            case Chooser.OfList ofList -> {
                // A part of a large region is enough to choose from, unless nobody there may be taken.
                boolean sampled = region.length > Balancer.MAX_CANDIDATES
                        && policy.loadBalancing().policy() != LoadBalancing.Policy.ROUND_ROBIN;
                int start = sampled ? random.nextInt(region.length) : 0;
                int count = gather(region, start, sampled ? Balancer.MAX_CANDIDATES : region.length, rank, call, now);
                if (count == 0 && sampled) count = gather(region, 0, region.length, rank, call, now);
                yield count == 0 ? -1 : ofList.choose(eligible, count, this, now);
            }
        };
    }

    private int gather(int[] region, int start, int length, Rank rank, Call call, long now) {
        int count = 0;
        for (int i = 0; i < length; i++) {
            int at = region[(start + i) % region.length];
            if (may(at, rank, call, now)) eligible[count++] = at;
        }
        return count;
    }

    private boolean may(int backend, Rank rank, Call call, long now) {
        BackendState state = states[backend];
        Concurrency limits = policy.concurrency();
        if (state.inFlight >= (rank == Rank.BELOW_SOFT ? limits.softLimit() : limits.hardLimit())) return false;
        if (rank != Rank.FAILING && !state.standing(now).usable()) return false;
        return !call.tried.contains(backends.get(backend).name());
    }

    private boolean anyWorking(Call call, long now) {
        for (int i = 0; i < states.length; i++)
            if (states[i].standing(now).usable()
                    && !call.tried.contains(backends.get(i).name())) return true;
        return false;
    }

    /** With the lock held. */
    PolicyBalancer.Standing standing(long now) {
        boolean usable = false;
        for (BackendState state : states) {
            if (!state.standing(now).usable()) continue;
            if (state.inFlight < policy.concurrency().softLimit()) return PolicyBalancer.Standing.HEALTHY;
            usable = true;
        }
        return usable ? PolicyBalancer.Standing.FULL : PolicyBalancer.Standing.UNHEALTHY;
    }

    private boolean anyRoom(long now) {
        for (BackendState state : states)
            if (state.inFlight < policy.concurrency().hardLimit()
                    && state.standing(now).usable()) return true;
        return false;
    }

    private None whyNone(Call call, long now) {
        if (shared.mustWait(call) || anyWorking(call, now)) return None.FULL;
        for (Backend backend : backends)
            if (!call.tried.contains(backend.name()))
                return policy.tryAllWhenUnhealthy() ? None.FULL : None.ALL_UNHEALTHY;
        return None.ALL_TRIED;
    }

    /** With the lock held. */
    void answered(int backend, boolean well, long now) {
        OutlierDetection rule = policy.outliers();
        if (rule == null) return;
        states[backend].ejection().answered(well, rule, well || mayEject(rule, now), now);
    }

    /** One of several always may go; beyond that the share is kept, and the last one stays. */
    private boolean mayEject(OutlierDetection rule, long now) {
        int ejected = 0;
        for (BackendState state : states) if (state.isEjected(now)) ejected++;
        if (ejected == 0) return states.length > 1 || rule.maxEjectionPercent() == 100;
        return (ejected + 1) * 100 <= rule.maxEjectionPercent() * states.length;
    }

    // ---- what the record says

    private void explain(Call call, int chosen, long now) {
        List<Candidate> out = call.candidates();
        int left = Balancer.MAX_CANDIDATES;
        if (chosen >= 0) {
            out.add(candidate(chosen, null, now));
            left--;
        }
        int start = states.length <= Balancer.MAX_CANDIDATES ? 0 : Math.floorMod(shared.rotation++, states.length);
        for (int i = 0; i < states.length && left > 0; i++) {
            int at = (start + i) % states.length;
            if (at == chosen) continue;
            out.add(candidate(at, whyNot(call, at, chosen, now), now));
            left--;
        }
    }

    private Candidate candidate(int backend, @Nullable String why, long now) {
        BackendState state = states[backend];
        long expected = state.answerTime.known() ? (long) state.answerTime.expected(now) : -1;
        return new Candidate(backends.get(backend).name(), state.inFlight, state.failing(), expected, why);
    }

    private String whyNot(Call call, int at, int chosen, long now) {
        BackendState state = states[at];
        if (call.tried.contains(backends.get(at).name())) return "this request failed on it already";
        if (!state.standing(now).usable()) {
            String why = failing(at, now);
            return chosen < 0 || states[chosen].standing(now).usable()
                    ? why
                    : why + "; all are failing, so they are tried anyway, and another was";
        }
        if (state.inFlight >= policy.concurrency().hardLimit()) return "at its hard limit";
        if (chosen < 0) return "others wait for it already";
        if (call.how.startsWith("the client's session")) return "the client's session is elsewhere";
        int[] regionOf = order(call).regionOf();
        if (regionOf[at] > regionOf[chosen]) return "in a region farther away";
        if (state.inFlight >= policy.concurrency().softLimit()) return "at its soft limit";
        if (chooser instanceof LeastLoad && state.inFlight > states[chosen].inFlight) return "has more in flight";
        return chooser.whyNot();
    }

    /** Why a backend that does not work is avoided. */
    String failing(int backend, long now) {
        BackendState state = states[backend];
        return switch (state.standing(now)) {
            case PEER_UNREACHABLE -> "its peer is unreachable";
            case EJECTED ->
                "ejected for " + state.ejection().leftNanos(now) / 1_000_000 + " ms more after "
                        + state.ejection().failuresInARow() + " answers of 500 and more in a row";
            case CHECK_FAILING -> "its health check fails: " + state.failingCheck();
            case ON_TRIAL -> "failing, and another request is trying it now";
            case TRIAL_DUE -> "failing, and the next request may try it";
            case WORKING, AVOIDED ->
                "failing: avoided for " + state.avoidedForNanos(now) / 1_000_000 + " ms more after "
                        + state.failuresInARow() + " failures in a row";
        };
    }
}
