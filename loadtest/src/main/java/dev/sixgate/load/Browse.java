package dev.sixgate.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.pace;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Visitors who ask for one page again and again, with connections kept alive, as browsers do. A status under 400 is a
 * success; redirects are counted, not followed, because the page asked for is what is measured.
 */
public final class Browse extends Simulation {
    private static final String STARTED = "startedNanos";
    private static final List<Integer> SUCCESSES =
            IntStream.range(200, 400).boxed().toList();

    /** Gatling makes its simulations by name, without arguments, on the thread that runs them. */
    static final ScopedValue<LoadPlan> PLAN = ScopedValue.newInstance();

    static final ScopedValue<Measurements> MEASUREMENTS = ScopedValue.newInstance();

    public Browse() {
        LoadPlan plan = PLAN.get();
        setUp(visitors(plan, ask(plan, MEASUREMENTS.get())).protocols(protocol(plan)));
    }

    /** One request, timed on the visitor's event loop from before it is sent until its answer is complete and checked. */
    private static ChainBuilder ask(LoadPlan plan, Measurements measurements) {
        return exec(session -> session.set(STARTED, System.nanoTime()))
                .exec(http("page").get(plan.target().toString()).check(status().in(SUCCESSES)))
                .exec(session -> {
                    measurements.answered(session.getLong(STARTED), System.nanoTime());
                    return session.markAsSucceeded();
                });
    }

    private static PopulationBuilder visitors(LoadPlan plan, ChainBuilder ask) {
        Duration whole = plan.warmUp().plus(plan.duration());
        // Arrivals come in whole seconds only: half a second of them would be none.
        Duration arrivals = Duration.ofSeconds(whole.plusMillis(999).toSeconds());
        if (plan.users() == 0)
            return scenario("browse")
                    .exec(ask)
                    .injectOpen(
                            constantUsersPerSec(plan.rate()).during(arrivals).randomized());
        ChainBuilder visit = plan.rate() == 0
                ? ask
                : pace(Duration.ofNanos(1_000_000_000L * plan.users() / plan.rate()))
                        .exec(ask);
        return scenario("browse").exec(during(whole).on(visit)).injectOpen(atOnceUsers(plan.users()));
    }

    private static HttpProtocolBuilder protocol(LoadPlan plan) {
        HttpProtocolBuilder protocol = http.disableWarmUp()
                .disableFollowRedirect()
                .disableCaching()
                .acceptHeader("text/html,application/xhtml+xml,*/*;q=0.8")
                .acceptEncodingHeader("gzip, deflate")
                .userAgentHeader("sixgate-load");
        if (!plan.addresses().isEmpty()) protocol = protocol.hostNameAliases(plan.addresses());
        if (plan.http2()) protocol = protocol.enableHttp2();
        return plan.users() == 0 ? protocol.shareConnections() : protocol;
    }
}
