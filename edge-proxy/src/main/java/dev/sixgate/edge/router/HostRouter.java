package dev.sixgate.edge.router;

import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.servicemap.HostIndex.PortRules;
import dev.sixgate.edge.servicemap.Rule;
import dev.sixgate.edge.servicemap.ServiceMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routes by port and host: an exact name before the longest wildcard before "any host". What then decides within the service
 * is its {@link RouteTable}, compiled here once and cached with the decision. Live: asks the newest apps.
 */
public final class HostRouter implements Router {
    /** Losers listed in a decision; a port with thousands of names says how many more there are. */
    static final int MAX_REJECTED = 16;

    private final ServiceMap<Decision> map = new ServiceMap<>(HostRouter::decide, decision -> decision.route() != null);

    /** Starts without any app; see {@link #replace}. */
    public HostRouter() {}

    public HostRouter(List<App> apps) {
        replace(apps);
    }

    /** The next request sees these apps; requests under way keep theirs. */
    public void replace(List<App> apps) {
        map.replace(apps);
    }

    /** As {@link #replace(List)}, with another view of the apps. */
    public void replace(HostIndex index) {
        map.replace(index);
    }

    public ServiceMap<Decision> serviceMap() {
        return map;
    }

    @Override
    public Decision route(int port, String host) {
        return map.find(port, host.endsWith(".") ? host.substring(0, host.length() - 1) : host);
    }

    @Override
    public Decision routeUdp(int port) {
        Rule rule = map.index().udpPort(port);
        if (rule == null) return new Decision(null, List.of());
        return new Decision(new Route(rule.app(), rule.service(), rule.port(), rule.name(), List.of()), List.of());
    }

    private static Decision decide(@Nullable PortRules rules, String host) {
        if (rules == null) return new Decision(null, List.of());
        List<Rule> matching = rules.matching(host);
        Rule winner = matching.isEmpty() ? null : matching.getFirst();
        List<RejectedRule> rejected = new ArrayList<>();
        for (Rule rule : matching)
            if (rule != winner) rejected.add(new RejectedRule(rule.name(), lessSpecific(rule, matching.getFirst())));
        int more = 0;
        for (Rule rule : rules.all()) {
            if (matching.contains(rule)) continue;
            if (rejected.size() >= MAX_REJECTED) more++;
            else rejected.add(new RejectedRule(rule.name(), mismatch(rule, host)));
        }
        if (more > 0) rejected.add(new RejectedRule("and " + more + " more", "their hosts do not match either"));
        List<RejectedRule> why = List.copyOf(rejected);
        if (winner == null) return new Decision(null, why);
        RouteTable table =
                winner.service().routes().isEmpty() ? null : RouteTable.of(winner.app(), winner.service(), rules::app);
        return new Decision(
                new Route(winner.app(), winner.service(), winner.port(), winner.name(), why, table, null), why);
    }

    private static String lessSpecific(Rule rule, Rule winner) {
        return (rule.anyHost() ? "any host" : rule.host()) + " fits too, but " + winner.host() + " is more specific";
    }

    private static String mismatch(Rule rule, String host) {
        if (host.isEmpty()) return "the client named no host, and this rule wants " + rule.host();
        return rule.host().startsWith("*.")
                ? "the host does not end in " + rule.host().substring(1)
                : "the host is not " + rule.host();
    }
}
