package dev.sixgate.edge.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendPolicy;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RegionOrderTest {
    @Test
    void a_route_that_prefers_regions_gets_them_before_the_edges_own() {
        List<Backend> backends = Stream.of("fra", "ams", "iad")
                .map(region ->
                        new Backend("b-" + region, "static", InetAddress.ofLiteral("fdaa::1"), 0, region, false, 1))
                .toList();
        App app = Balancing.app("shop", backends, BackendPolicy.DEFAULT);
        PolicyBalancer balancer = new PolicyBalancer("iad", new Random(1));
        assertThat(taken(balancer, app, List.of(), Set.of())).isEqualTo("iad");
        List<Set<String>> prefer = List.of(Set.of("fra"), Set.of("ams", "fra"));
        assertThat(taken(balancer, app, prefer, Set.of())).isEqualTo("fra");
        assertThat(taken(balancer, app, prefer, Set.of("b-fra"))).isEqualTo("ams");
        assertThat(taken(balancer, app, prefer, Set.of("b-fra", "b-ams"))).isEqualTo("iad");
    }

    private static String taken(PolicyBalancer balancer, App app, List<Set<String>> prefer, Set<String> tried) {
        List<Candidate> candidates = new ArrayList<>();
        Call call = new Call(app, app.services().getFirst(), 0, null, null, prefer, candidates);
        call.tried.addAll(tried);
        Balancer.Lease lease = (Balancer.Lease) balancer.pick(call, 1);
        lease.abandoned();
        return lease.backend().region();
    }
}
