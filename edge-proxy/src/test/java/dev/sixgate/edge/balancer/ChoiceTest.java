package dev.sixgate.edge.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.balancer.Balancer.None;
import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.Concurrency;
import dev.sixgate.edge.servicemap.LoadBalancing;
import dev.sixgate.edge.servicemap.LoadBalancing.Policy;
import dev.sixgate.edge.servicemap.LoadBalancing.SpillAt;
import dev.sixgate.edge.servicemap.SessionPersistence.Type;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Regions, limits, the queue, sessions and dead peers: what stands before and after a policy. */
class ChoiceTest {
    private static final List<Backend> REGIONS = List.of(
            Apps.backend("iad", "fdaa::1", "iad"),
            Apps.backend("fra-a", "fdaa::2", "fra"),
            Apps.backend("ams", "fdaa::3", "ams"),
            Apps.backend("fra-b", "fdaa::4", "fra"));

    private final PolicyBalancer balancer = new PolicyBalancer("fra", new Random(1));

    @Test
    void the_nearest_region_takes_all_until_its_soft_limit_and_then_the_next_in_order() {
        App app = Balancing.app("app", REGIONS, Balancing.regions(SpillAt.SOFT_LIMIT, 2, 3, "fra", "ams", "iad"));
        assertThat(regionsOf(pick(app, 8))).containsExactly("fra", "fra", "fra", "fra", "ams", "ams", "iad", "iad");
        assertThat(regionsOf(pick(app, 4)))
                .as("all are at their soft limit, so it is the nearest again up to the hard one")
                .containsExactly("fra", "fra", "ams", "iad");
        assertThat(balancer.pick(Balancing.call(app), 0)).isEqualTo(None.FULL);
    }

    @Test
    void spilling_at_the_hard_limit_keeps_to_the_nearest_region_for_longer() {
        App app = Balancing.app("app", REGIONS, Balancing.regions(SpillAt.HARD_LIMIT, 2, 3, "fra", "ams", "iad"));
        assertThat(regionsOf(pick(app, 8))).containsExactly("fra", "fra", "fra", "fra", "fra", "fra", "ams", "ams");
    }

    @Test
    void without_an_order_the_edges_own_region_goes_before_the_others() {
        App app = Balancing.app("app", REGIONS, Balancing.policy(Policy.LEAST_LOAD));
        assertThat(regionsOf(pick(app, 20))).containsOnly("fra");
    }

    @Test
    void a_region_whose_backends_fail_is_left_for_the_next() {
        App app = Balancing.app("app", REGIONS, Balancing.regions(SpillAt.SOFT_LIMIT, 9, 9, "fra", "ams", "iad"));
        pick(app, 2).forEach(lease -> lease.failed(0));
        Call call = Balancing.call(app);
        assertThat(((Lease) balancer.pick(call, 1)).backend().name()).isEqualTo("ams");
        assertThat(call.how).isEqualTo("the nearer regions have none to take it; the least loaded");
    }

    @Test
    void a_request_waits_its_turn_behind_those_that_came_before() {
        App app = Balancing.app("app", Balancing.backends(1), Balancing.limits(1, 1, 2));
        Lease busy = pick(app, 1).getFirst();
        List<String> called = new ArrayList<>();
        Call first = queued(app, called, "first");
        Call second = queued(app, called, "second");
        assertThat(balancer.await(Balancing.call(app), () -> {}))
                .as("the queue is full")
                .isFalse();
        busy.succeeded(0);
        assertThat(called).containsExactly("first");
        assertThat(balancer.pick(Balancing.call(app), 0)).as("no barging").isEqualTo(None.FULL);
        Lease lease = (Lease) balancer.pick(first, 0);
        assertThat(balancer.pick(second, 0)).isEqualTo(None.FULL);
        lease.succeeded(0);
        assertThat(called).containsExactly("first", "second");
        assertThat(balancer.pick(second, 0)).isInstanceOf(Lease.class);
    }

    @Test
    void who_leaves_the_queue_after_being_called_hands_the_call_on() {
        App app = Balancing.app("app", Balancing.backends(1), Balancing.limits(1, 1, 2));
        Lease busy = pick(app, 1).getFirst();
        List<String> called = new ArrayList<>();
        Call first = queued(app, called, "first");
        queued(app, called, "second");
        busy.abandoned();
        balancer.leave(first);
        assertThat(called).containsExactly("first", "second");
    }

    @Test
    void a_backend_at_its_hard_limit_says_so() {
        App app = Balancing.app("app", Balancing.backends(1), Balancing.limits(1, 1, 2));
        pick(app, 1);
        Call call = Balancing.call(app);
        balancer.pick(call, 0);
        assertThat(call.candidates()).extracting(Candidate::why).containsExactly("at its hard limit");
    }

    @Test
    void a_client_comes_back_to_the_backend_of_its_session_until_that_one_fails() {
        App app = Balancing.app("app", Balancing.backends(5), Balancing.sessions(Type.COOKIE));
        Lease first = pick(app, 1).getFirst();
        String session = first.session();
        for (int i = 0; i < 20; i++) {
            Call call = new Call(app, app.services().getFirst(), 0, session, new ArrayList<>());
            assertThat(((Lease) balancer.pick(call, 0)).backend()).isEqualTo(first.backend());
            assertThat(call.how).isEqualTo("the client's session is there");
        }
        first.failed(0);
        Call call = new Call(app, app.services().getFirst(), 0, session, new ArrayList<>());
        Lease moved = (Lease) balancer.pick(call, 1);
        assertThat(moved.backend()).isNotEqualTo(first.backend());
        assertThat(moved.session()).isNotEqualTo(session);
    }

    @Test
    void an_invented_session_is_no_session() {
        App app = Balancing.app("app", Balancing.backends(5), Balancing.sessions(Type.COOKIE));
        Call call = new Call(app, app.services().getFirst(), 0, "0123456789abcdef", new ArrayList<>());
        assertThat(balancer.pick(call, 0)).isInstanceOf(Lease.class);
        assertThat(call.how).isNotEqualTo("the client's session is there");
    }

    @Test
    void by_client_address_a_change_of_backends_moves_only_the_clients_that_must_move() {
        App five = Balancing.app("app", Balancing.backends(5), Balancing.sessions(Type.CLIENT_IP));
        App four = Balancing.app("app", Balancing.backends(4), Balancing.sessions(Type.CLIENT_IP));
        Set<String> used = new HashSet<>();
        for (long client : new Random(5).longs(2000).toArray()) {
            String before = backendOf(five, client);
            used.add(before);
            if (!before.equals("b4")) assertThat(backendOf(four, client)).isEqualTo(before);
        }
        assertThat(used).hasSize(5);
    }

    @Test
    void all_backends_behind_a_dead_peer_go_at_once_and_come_back_at_once() {
        App one = Balancing.app("one", REGIONS, Balancing.policy(Policy.ROUND_ROBIN));
        App two = Balancing.app("two", REGIONS, Balancing.policy(Policy.MAGLEV));
        pick(one, 1);
        Ipv6Prefix fra = Ipv6Prefix.parse("fdaa::2/128");
        Ipv6Address other = Ipv6Address.parse("fdaa::4");
        balancer.peerUnreachable("fra-w1", address -> fra.contains(address) || address.equals(other));
        assertThat(regionsOf(pick(one, 10))).containsOnly("iad", "ams").doesNotContain("fra");
        assertThat(regionsOf(pick(two, 10)))
                .as("a service that begins later too")
                .doesNotContain("fra");
        Call call = Balancing.call(one);
        balancer.pick(call, 0);
        assertThat(call.candidates()).extracting(Candidate::why).contains("its peer is unreachable");
        balancer.peerReachable("fra-w1");
        assertThat(regionsOf(pick(one, 10))).containsOnly("fra");
    }

    @Test
    void the_same_key_goes_to_the_same_backend_and_to_another_when_it_fails() {
        App app = Balancing.app("app", Balancing.backends(5), Balancing.policy(Policy.RING_HASH));
        String first = backendOf(app, 42);
        for (int i = 0; i < 10; i++) assertThat(backendOf(app, 42)).isEqualTo(first);
        ((Lease) balancer.pick(Balancing.call(app, 42), 0)).failed(0);
        assertThat(backendOf(app, 42)).isNotEqualTo(first);
    }

    @Test
    void when_all_are_known_to_fail_and_the_service_says_fail_nobody_is_tried() {
        App app = Balancing.app(
                "app",
                Balancing.backends(2),
                new BackendPolicy(LoadBalancing.DEFAULT, Concurrency.UNLIMITED, false, null));
        pick(app, 2).forEach(lease -> lease.failed(0));
        assertThat(balancer.pick(Balancing.call(app), 1)).isEqualTo(None.ALL_UNHEALTHY);
    }

    private Call queued(App app, List<String> called, String name) {
        Call call = Balancing.call(app);
        assertThat(balancer.pick(call, 0)).isEqualTo(None.FULL);
        assertThat(balancer.await(call, () -> called.add(name))).isTrue();
        return call;
    }

    private String backendOf(App app, long hash) {
        Lease lease = (Lease) balancer.pick(Balancing.call(app, hash), 0);
        lease.abandoned();
        return lease.backend().name();
    }

    private List<Lease> pick(App app, int count) {
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < count; i++) leases.add((Lease) balancer.pick(Balancing.call(app), 0));
        return leases;
    }

    private static List<String> regionsOf(List<Lease> leases) {
        return leases.stream().map(lease -> lease.backend().region()).toList();
    }
}
