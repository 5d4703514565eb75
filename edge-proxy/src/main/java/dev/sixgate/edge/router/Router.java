package dev.sixgate.edge.router;

import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Request or SNI to app and service. The same code serves, and answers {@code sixgate route}. */
public interface Router {
    /** Either a route, or the rules that lost. */
    record Decision(@Nullable Route route, List<RejectedRule> rejected) {}

    /**
     * @param port the listener's port
     * @param host lower case, without port, brackets kept off (a trailing dot may stay); empty when the client named none
     */
    Decision route(int port, String host);

    /** Of a UDP port, which one service has. */
    default Decision routeUdp(int port) {
        return new Decision(null, List.of());
    }
}
