package dev.sixgate.edge.balancer;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.Concurrency;
import dev.sixgate.edge.servicemap.LoadBalancing;
import dev.sixgate.edge.servicemap.LoadBalancing.Policy;
import dev.sixgate.edge.servicemap.LoadBalancing.SpillAt;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.SessionPersistence;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Apps of one service for tests of balancing. */
final class Balancing {
    static final long MILLI = 1_000_000L;
    static final long SECOND = 1000 * MILLI;

    private Balancing() {}

    static BackendPolicy policy(Policy policy) {
        LoadBalancing d = LoadBalancing.DEFAULT;
        return balancing(new LoadBalancing(policy, d.key(), true, d.spillAt(), List.of(), Duration.ZERO));
    }

    static BackendPolicy slowStart(Policy policy, Duration slowStart) {
        LoadBalancing d = LoadBalancing.DEFAULT;
        return balancing(new LoadBalancing(policy, d.key(), true, d.spillAt(), List.of(), slowStart));
    }

    static BackendPolicy regions(SpillAt spillAt, int soft, int hard, String... order) {
        LoadBalancing d = LoadBalancing.DEFAULT;
        return new BackendPolicy(
                new LoadBalancing(Policy.LEAST_LOAD, d.key(), true, spillAt, List.of(order), Duration.ZERO),
                new Concurrency(soft, hard, 0, Duration.ofSeconds(1)),
                true,
                null);
    }

    static BackendPolicy balancing(LoadBalancing balancing) {
        return new BackendPolicy(balancing, Concurrency.UNLIMITED, true, null);
    }

    static BackendPolicy limits(int soft, int hard, int queue) {
        return new BackendPolicy(
                policy(Policy.LEAST_LOAD).loadBalancing(),
                new Concurrency(soft, hard, queue, Duration.ofSeconds(1)),
                true,
                null);
    }

    static BackendPolicy sessions(SessionPersistence.Type type) {
        return new BackendPolicy(
                LoadBalancing.DEFAULT,
                Concurrency.UNLIMITED,
                true,
                new SessionPersistence(type, "node", Duration.ZERO));
    }

    static App app(String name, List<Backend> backends, BackendPolicy policy) {
        return Apps.app(name, backends, new Service("http", List.of(), 8080, List.of(), policy));
    }

    /** {@code b0}, {@code b1}, … */
    static List<Backend> backends(int count) {
        return IntStream.range(0, count).mapToObj(i -> backend(i, 1)).toList();
    }

    static Backend backend(int number, int weight) {
        return new Backend(
                "b" + number,
                "static",
                InetAddress.ofLiteral("fdaa::" + Integer.toHexString(number + 1)),
                0,
                "",
                false,
                weight);
    }

    static Call call(App app) {
        return call(app, 0);
    }

    static Call call(App app, long hash) {
        return new Call(app, app.services().getFirst(), hash, null, new ArrayList<>());
    }
}
