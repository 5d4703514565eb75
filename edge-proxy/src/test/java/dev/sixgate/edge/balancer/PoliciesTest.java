package dev.sixgate.edge.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.LoadBalancing.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each policy makes of many requests, from seeds. */
class PoliciesTest {
    private static final double[] EQUAL = {10, 10, 10, 10, 10};
    private static final double[] ONE_SLOW = {10, 10, 10, 10, 200};
    private static final boolean[] NONE_FAILS = new boolean[5];
    private static final boolean[] ONE_FAILS = {false, false, true, false, false};
    private static final int REQUESTS = 20_000;

    @ParameterizedTest
    @EnumSource(names = {"LATENCY", "LEAST_LOAD", "ROUND_ROBIN", "RANDOM_TWO"})
    void equal_backends_get_equal_shares(Policy policy) {
        ServiceSimulation run = new ServiceSimulation(policy, 1, EQUAL, NONE_FAILS).run(REQUESTS, 1000);
        for (int i = 0; i < 5; i++) assertThat(run.share(i)).isBetween(0.15, 0.25);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void by_latency_one_slow_backend_of_five_gets_little_and_less_than_by_least_load(long seed) {
        ServiceSimulation latency =
                new ServiceSimulation(Policy.LATENCY, seed, ONE_SLOW, NONE_FAILS).run(REQUESTS, 300);
        ServiceSimulation load =
                new ServiceSimulation(Policy.LEAST_LOAD, seed, ONE_SLOW, NONE_FAILS).run(REQUESTS, 300);
        assertThat(latency.share(4)).isLessThan(0.01).isLessThan(load.share(4) / 2);
        assertThat(latency.percentileMillis(0.99)).isLessThan(load.percentileMillis(0.99));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void by_latency_a_backend_that_fails_at_once_attracts_no_traffic(long seed) {
        ServiceSimulation latency = new ServiceSimulation(Policy.LATENCY, seed, EQUAL, ONE_FAILS).run(REQUESTS, 300);
        ServiceSimulation load = new ServiceSimulation(Policy.LEAST_LOAD, seed, EQUAL, ONE_FAILS).run(REQUESTS, 300);
        assertThat(latency.failureShare()).isLessThan(0.03).isLessThan(load.failureShare() / 5);
    }

    @Test
    void a_backend_that_was_slow_is_asked_again_after_a_while() {
        App app = Balancing.app("app", Balancing.backends(2), Balancing.policy(Policy.LATENCY));
        PolicyBalancer balancer = new PolicyBalancer("", new Random(1));
        long now = 0;
        for (int i = 0; i < 4; i++) now = serve(balancer, app, now);
        assertThat(serveMany(balancer, app, now, 100)).as("b0 was found slow").isZero();
        long later = now + 100 * Balancing.SECOND;
        assertThat(serveMany(balancer, app, later, 100)).isEqualTo(1);
    }

    /** b0 takes a second, b1 a millisecond. */
    private static long serve(PolicyBalancer balancer, App app, long now) {
        Lease lease = (Lease) balancer.pick(Balancing.call(app), now);
        long took = lease.backend().name().equals("b0") ? Balancing.SECOND : Balancing.MILLI;
        lease.answered(200, took, now + took);
        lease.succeeded(now + took);
        return now + took;
    }

    /** @return how many of them b0 got */
    private static int serveMany(PolicyBalancer balancer, App app, long from, int count) {
        long now = from;
        int slow = 0;
        for (int i = 0; i < count; i++) {
            long next = serve(balancer, app, now);
            if (next - now == Balancing.SECOND) slow++;
            now = next;
        }
        return slow;
    }

    @ParameterizedTest
    @EnumSource(names = {"LATENCY", "LEAST_LOAD", "ROUND_ROBIN", "RANDOM_TWO"})
    void weights_are_shares(Policy policy) {
        App app = Balancing.app(
                "app", List.of(Balancing.backend(0, 1), Balancing.backend(1, 3)), Balancing.policy(policy));
        PolicyBalancer balancer = new PolicyBalancer("", new Random(3));
        List<Lease> leases = new ArrayList<>();
        int heavy = 0;
        for (int i = 0; i < 4000; i++) {
            Lease lease = (Lease) balancer.pick(Balancing.call(app), i);
            if (lease.backend().weight() == 3) heavy++;
            lease.answered(200, 10 * Balancing.MILLI, i);
            leases.add(lease);
            if (leases.size() > 40) leases.removeFirst().succeeded(i);
        }
        double expected = policy == Policy.LATENCY || policy == Policy.RANDOM_TWO ? 0.5 : 0.75;
        assertThat(heavy / 4000.0).isBetween(expected - 0.05, 0.80);
    }

    @Test
    void the_round_is_smooth() {
        App app = Balancing.app(
                "app",
                List.of(Balancing.backend(0, 5), Balancing.backend(1, 1), Balancing.backend(2, 1)),
                Balancing.policy(Policy.ROUND_ROBIN));
        PolicyBalancer balancer = new PolicyBalancer("", new Random(1));
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 14; i++)
            order.append(((Lease) balancer.pick(Balancing.call(app), 0))
                    .backend()
                    .name()
                    .charAt(1));
        assertThat(order.toString()).isEqualTo("00102000010200");
    }

    @Test
    void a_backend_that_joins_reaches_its_full_share_at_the_end_of_slow_start() {
        Duration slow = Duration.ofSeconds(10);
        PolicyBalancer balancer = new PolicyBalancer("", new Random(1));
        App before = Balancing.app("app", Balancing.backends(1), Balancing.slowStart(Policy.ROUND_ROBIN, slow));
        balancer.pick(Balancing.call(before), 0);
        App after = Balancing.app("app", Balancing.backends(2), Balancing.slowStart(Policy.ROUND_ROBIN, slow));
        assertThat(shareOfSecond(balancer, after, Balancing.SECOND)).isBetween(0.05, 0.15);
        assertThat(shareOfSecond(balancer, after, 6 * Balancing.SECOND)).isBetween(0.28, 0.38);
        assertThat(shareOfSecond(balancer, after, 11 * Balancing.SECOND)).isBetween(0.45, 0.55);
    }

    @Test
    void the_backends_that_a_service_begins_with_are_warm() {
        App app = Balancing.app(
                "app", Balancing.backends(2), Balancing.slowStart(Policy.ROUND_ROBIN, Duration.ofSeconds(10)));
        assertThat(shareOfSecond(new PolicyBalancer("", new Random(1)), app, 0)).isBetween(0.45, 0.55);
    }

    private static double shareOfSecond(PolicyBalancer balancer, App app, long now) {
        int second = 0;
        for (int i = 0; i < 1000; i++) {
            Lease lease = (Lease) balancer.pick(Balancing.call(app), now);
            Backend backend = lease.backend();
            if (backend.name().equals("b1")) second++;
            lease.succeeded(now);
        }
        return second / 1000.0;
    }
}
