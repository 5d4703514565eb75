package dev.sixgate.edge.run;

import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.servicemap.App;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is under way at a running edge, at the moment this is made. */
final class LiveUses implements Comparison.Live {
    private final long all;
    private final Map<Integer, Integer> byPort;
    private final Map<String, List<PolicyBalancer.BackendStatus>> byApp;

    LiveUses(Edge edge) {
        all = edge.listeners().activeConnections();
        byPort = edge.listeners().connectionsByPort();
        byApp = edge.snapshot().apps().stream()
                .collect(java.util.stream.Collectors.toMap(
                        App::name, app -> edge.balancer().status(app, edge.nowNanos()), (one, _) -> one));
    }

    @Override
    public long all() {
        return Math.max(
                all,
                byApp.keySet().stream().mapToLong(app -> uses(app, null, null)).sum());
    }

    @Override
    public long listener(boolean udp, int port) {
        return udp ? 0 : byPort.getOrDefault(port, 0);
    }

    @Override
    public long uses(String app, @Nullable String service, @Nullable String backend) {
        return byApp.getOrDefault(app, List.of()).stream()
                .filter(state -> service == null || state.service().equals(service))
                .filter(state -> backend == null || state.backend().equals(backend))
                .mapToLong(PolicyBalancer.BackendStatus::inFlight)
                .sum();
    }
}
