package dev.sixgate.edge.router;

import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.RequestPolicy;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.SessionPersistence;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes, and why.
 *
 * @param rule the winning rule's name, such as {@code hello.http host hello.example.com}
 * @param rejected rules that were looked at and lost
 * @param table routes of the service by path and more, to be asked next; null: it has none
 * @param matched which of them won; null before it was asked, and without
 */
public record Route(
        App app,
        Service service,
        PortBinding port,
        String rule,
        List<RejectedRule> rejected,
        @Nullable RouteTable table,
        RouteTable.@Nullable Matched matched) {

    /** Of a service without routes. */
    public Route(App app, Service service, PortBinding port, String rule, List<RejectedRule> rejected) {
        this(app, service, port, rule, rejected, null, null);
    }

    /** To the app and service that the route sends to. */
    public Route by(RouteTable.Matched winner) {
        return new Route(
                winner.app(),
                winner.service(),
                port,
                rule + " route " + winner.route().name(),
                rejected,
                table,
                winner);
    }

    /** How long it may take, and when another backend is tried. */
    public RequestPolicy requests() {
        return matched == null ? service.requests() : matched.route().requests();
    }

    /** How often, and when, another backend is tried. */
    public HttpRoute.Retry retry() {
        return requests().retry();
    }

    /** What keeps a client with its backend; null: nothing does. */
    public @Nullable SessionPersistence persistence() {
        SessionPersistence own = matched == null ? null : matched.route().persistence();
        return own != null ? own : service.backendPolicy().persistence();
    }

    /** Regions to be taken first; empty: the service's order. */
    public List<Set<String>> prefer() {
        return matched == null ? List.of() : matched.route().prefer();
    }
}
