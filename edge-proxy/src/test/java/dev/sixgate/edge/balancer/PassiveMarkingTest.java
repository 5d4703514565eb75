package dev.sixgate.edge.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.balancer.Balancer.Choice;
import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.balancer.Balancer.None;
import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.LoadBalancing.Policy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Least load, passive marks and what is remembered of backends. */
class PassiveMarkingTest {
    private static final long SECOND = 1_000_000_000L;

    private final PolicyBalancer balancer = new PolicyBalancer("fra", new Random(1));
    private final App two = app("two", List.of(Apps.backend("a", "fdaa::a"), Apps.backend("b", "fdaa::b")));
    private final App one = app("one", List.of(Apps.backend("only", "fdaa::c")));

    @Test
    void the_backend_with_the_fewest_in_flight_is_taken() {
        Lease first = pick(two, 0);
        Lease second = pick(two, 0);
        assertThat(names(first, second)).containsExactlyInAnyOrder("a", "b");
        first.succeeded(0);
        assertThat(pick(two, 0).backend()).isEqualTo(first.backend());
    }

    @Test
    void equal_load_is_spread_by_rotation() {
        Map<String, Integer> uses = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            Lease lease = pick(two, 0);
            uses.merge(lease.backend().name(), 1, Integer::sum);
            lease.succeeded(0);
        }
        assertThat(uses).containsEntry("a", 50).containsEntry("b", 50);
    }

    @Test
    void after_a_failure_a_backend_is_avoided_until_its_back_off_ends_and_then_tried_once() {
        failOn("a", two, 0);
        for (int i = 0; i < 10; i++) assertThat(name(pick(two, SECOND - 1))).isEqualTo("b");
        Lease trial = pick(two, SECOND);
        assertThat(name(trial)).isEqualTo("a");
        assertThat(name(pick(two, SECOND)))
                .as("one trial at a time, although a has less in flight")
                .isEqualTo("b");
        trial.succeeded(SECOND);
        assertThat(name(pick(two, SECOND))).isEqualTo("a");
    }

    @Test
    void the_back_off_doubles_from_one_second_to_thirty() {
        long now = 0;
        for (long backoff : new long[] {1, 2, 4, 8, 16, 30, 30}) {
            failOn("a", two, now);
            assertThat(whyNotA(now + backoff * SECOND - 1)).contains("avoided for");
            assertThat(whyNotA(now + backoff * SECOND)).doesNotContain("avoided for");
            now += backoff * SECOND;
        }
    }

    @Test
    void many_failures_of_one_moment_count_once() {
        List<Lease> leases = IntStream.range(0, 50).mapToObj(_ -> pick(one, 0)).toList();
        leases.forEach(lease -> lease.failed(0));
        assertThat(status().failuresInARow()).isEqualTo(1);
    }

    @Test
    void a_success_that_began_before_the_failure_does_not_clear_it() {
        Lease old = pick(one, 0);
        pick(one, 0).failed(0);
        old.succeeded(0);
        assertThat(status().failing()).isTrue();
    }

    @Test
    void an_abandoned_trial_leaves_the_next_one_to_try() {
        pick(one, 0).failed(0);
        pick(one, SECOND).abandoned();
        assertThat(status().failing()).isTrue();
        pick(one, SECOND).succeeded(SECOND);
        assertThat(status().failing()).isFalse();
    }

    @Test
    void a_long_use_counts_as_working_from_the_moment_it_was_reached() {
        pick(one, 0).failed(0);
        Lease connection = pick(one, SECOND);
        connection.reached();
        assertThat(status().failing()).isFalse();
        assertThat(status().inFlight()).isEqualTo(1);
        connection.failed(2 * SECOND);
        assertThat(status().failing()).isTrue();
        assertThat(status().inFlight()).isZero();
    }

    @Test
    void when_all_are_failing_the_least_loaded_is_tried_anyway_and_the_candidates_say_so() {
        failOn("a", two, 0);
        failOn("b", two, 0);
        List<Candidate> candidates = new ArrayList<>();
        assertThat(pick(two, Set.of(), candidates, 1)).isInstanceOf(Lease.class);
        assertThat(candidates).hasSize(2).allMatch(Candidate::failing);
        assertThat(candidates.getLast().why()).contains("all are failing, so they are tried anyway");
    }

    @Test
    void what_the_request_failed_on_is_never_taken_again() {
        assertThat(name((Lease) pick(two, Set.of("a"), new ArrayList<>(), 0))).isEqualTo("b");
        assertThat(pick(two, Set.of("a", "b"), new ArrayList<>(), 0)).isEqualTo(None.ALL_TRIED);
    }

    @Test
    void an_app_without_backends_yields_none() {
        assertThat(pick(app("empty", List.of()), Set.of(), new ArrayList<>(), 0))
                .isEqualTo(None.NO_BACKEND);
    }

    @Test
    void every_candidate_but_the_chosen_one_says_why_it_was_not_taken() {
        Lease busy = pick(two, 0);
        List<Candidate> candidates = new ArrayList<>();
        Lease lease = (Lease) pick(two, Set.of(), candidates, 0);
        assertThat(candidates)
                .containsExactly(
                        new Candidate(lease.backend().name(), 0, false, null),
                        new Candidate(busy.backend().name(), 1, false, "has more in flight"));
    }

    @Test
    void load_is_shared_by_snapshots_that_have_the_same_backend_and_forgotten_with_the_last() {
        pick(one, 0);
        App reloaded = app("one", List.of(Apps.backend("only", "fdaa::c"), Apps.backend("new", "fdaa::d")));
        assertThat(name(pick(reloaded, 0))).isEqualTo("new");
        assertThat(balancer.size()).isEqualTo(2);
        balancer.retain(List.of(two));
        assertThat(balancer.size()).isZero();
    }

    @Test
    void a_large_app_is_sampled_listed_in_part_and_searched_in_full_when_the_sample_fails() {
        List<Backend> backends = IntStream.range(0, 200)
                .mapToObj(i -> Apps.backend("b" + i, "fdaa::" + Integer.toHexString(i + 1)))
                .toList();
        App large = app("large", backends);
        List<Candidate> candidates = new ArrayList<>();
        assertThat(pick(large, Set.of(), candidates, 0)).isInstanceOf(Lease.class);
        assertThat(candidates).hasSize(Balancer.MAX_CANDIDATES);
        Set<String> allButOne = Set.copyOf(backends.stream()
                .map(Backend::name)
                .filter(n -> !n.equals("b123"))
                .toList());
        assertThat(name((Lease) pick(large, allButOne, new ArrayList<>(), 0))).isEqualTo("b123");
        assertThat(pick(large, Set.copyOf(backends.stream().map(Backend::name).toList()), candidates, 0))
                .isEqualTo(None.ALL_TRIED);
    }

    @Test
    void a_lease_that_ends_twice_is_a_fault_of_ours() {
        Lease lease = pick(one, 0);
        lease.succeeded(0);
        assertThatThrownBy(lease::abandoned).isInstanceOf(AssertionError.class);
        assertThat(status().inFlight()).isZero();
    }

    private static App app(String name, List<Backend> backends) {
        return Balancing.app(name, backends, Balancing.policy(Policy.LEAST_LOAD));
    }

    private PolicyBalancer.BackendStatus status() {
        return balancer.status(one, 0).getFirst();
    }

    private Choice pick(App app, Set<String> tried, List<Candidate> candidates, long now) {
        Call call = new Call(app, app.services().getFirst(), 0, null, candidates);
        call.tried.addAll(tried);
        return balancer.pick(call, now);
    }

    private Lease pick(App app, long now) {
        return (Lease) pick(app, Set.of(), new ArrayList<>(), now);
    }

    /** Picks until it is that backend's turn, and fails there; the others end well. */
    private void failOn(String backend, App app, long now) {
        Set<String> others = new HashSet<>();
        for (Backend b : app.backends()) if (!b.name().equals(backend)) others.add(b.name());
        ((Lease) pick(app, others, new ArrayList<>(), now)).failed(now);
    }

    /** Why a was not taken while b was, without leaving a trace. */
    private String whyNotA(long now) {
        List<Candidate> candidates = new ArrayList<>();
        ((Lease) pick(two, Set.of(), candidates, now)).abandoned();
        return candidates.stream()
                .filter(c -> c.backend().equals("a"))
                .map(c -> String.valueOf(c.why()))
                .findFirst()
                .orElseThrow();
    }

    private static String name(Lease lease) {
        return lease.backend().name();
    }

    private static List<String> names(Lease... leases) {
        return Arrays.stream(leases).map(PassiveMarkingTest::name).toList();
    }
}
