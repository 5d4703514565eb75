package dev.sixgate.edge.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.Concurrency;
import dev.sixgate.edge.servicemap.LoadBalancing;
import dev.sixgate.edge.servicemap.OutlierDetection;
import dev.sixgate.edge.servicemap.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Backends that answer badly are left alone for a while. */
class EjectionTest {
    private static final long SECOND = 1_000_000_000L;

    private final PolicyBalancer balancer = new PolicyBalancer("", new Random(1));
    private final Set<String> bad = new HashSet<>();
    private long now = SECOND;

    private static App app(int backends, OutlierDetection rule, boolean tryAll) {
        LoadBalancing plain = LoadBalancing.DEFAULT;
        LoadBalancing inTurn = new LoadBalancing(
                LoadBalancing.Policy.ROUND_ROBIN, plain.key(), false, plain.spillAt(), List.of(), Duration.ZERO);
        BackendPolicy policy = new BackendPolicy(inTurn, Concurrency.UNLIMITED, tryAll, null, List.of(), rule);
        List<Backend> list = IntStream.range(0, backends)
                .mapToObj(i -> Apps.backend("b" + i, "fdaa::" + (i + 1)))
                .toList();
        return Apps.app("app", list, new Service("http", List.of(), 8080, List.of(), policy));
    }

    /** Asks {@code count} times. @return who answered; {@code none} where nobody was given */
    private List<String> ask(App app, int count) {
        List<String> answered = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Call call = new Call(app, app.services().getFirst(), 0, null, new ArrayList<>());
            if (balancer.pick(call, now) instanceof Lease lease) {
                String name = lease.backend().name();
                answered.add(name);
                lease.answered(bad.contains(name) ? 503 : 200, 1000, now);
                lease.succeeded(now);
            } else answered.add("none");
            now += 1_000_000;
        }
        return answered;
    }

    private static OutlierDetection rule(int percent) {
        return new OutlierDetection(3, Duration.ofSeconds(10), percent);
    }

    @Test
    void three_bad_answers_in_a_row_are_enough_and_time_brings_it_back() {
        App app = app(3, rule(50), true);
        bad.add("b1");
        ask(app, 9);
        assertThat(ask(app, 20)).doesNotContain("b1");
        assertThat(balancer.status(app, now).get(1).state())
                .startsWith("ejected for ")
                .contains("after 3 answers");
        bad.clear();
        now += 10 * SECOND;
        assertThat(ask(app, 6)).contains("b1");
    }

    @Test
    void a_good_answer_between_bad_ones_starts_the_count_anew() {
        App app = app(2, rule(50), true);
        for (int i = 0; i < 10; i++) {
            bad.add("b0");
            ask(app, 4);
            bad.clear();
            ask(app, 2);
        }
        assertThat(ask(app, 4)).contains("b0");
    }

    @Test
    void ejections_that_follow_each_other_grow() {
        App app = app(3, rule(50), true);
        bad.add("b1");
        ask(app, 9);
        now += 10 * SECOND;
        ask(app, 9);
        now += 11 * SECOND;
        assertThat(ask(app, 9)).as("twenty seconds the second time").doesNotContain("b1");
        now += 10 * SECOND;
        assertThat(ask(app, 9)).contains("b1");
    }

    @Test
    void no_more_than_the_share_goes() {
        App app = app(4, rule(50), true);
        bad.addAll(List.of("b0", "b1", "b2", "b3"));
        ask(app, 40);
        assertThat(new HashSet<>(ask(app, 8))).hasSize(2);
    }

    @Test
    void the_only_backend_stays_unless_all_may_go() {
        bad.add("b0");
        App kept = app(1, rule(50), false);
        assertThat(ask(kept, 20)).containsOnly("b0");
        PolicyBalancer fresh = new PolicyBalancer("", new Random(1));
        App gone = app(1, rule(100), false);
        List<String> answered = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Call call = new Call(gone, gone.services().getFirst(), 0, null, new ArrayList<>());
            if (fresh.pick(call, now) instanceof Lease lease) {
                answered.add("b0");
                lease.answered(500, 1000, now);
                lease.succeeded(now);
            } else answered.add("none");
        }
        assertThat(answered).containsExactly("b0", "b0", "b0", "none", "none", "none");
    }
}
