package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.BackendRefs.Written;
import dev.sixgate.k8s.mapping.HttpRule.Target;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCMethodMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** GRPCRoutes: a method is the path {@code /service/method}, and backends speak HTTP/2. */
final class GrpcRouteMapping {
    private static final String ONE_SEGMENT = "[^/]+";

    private final Verdicts verdicts;
    private final BackendRefs backends;
    private final ServiceMapping services;

    GrpcRouteMapping(Verdicts verdicts, BackendRefs backends, ServiceMapping services) {
        this.verdicts = verdicts;
        this.backends = backends;
        this.services = services;
    }

    List<HttpRule> rules(GRPCRoute route) {
        ObjectRef ref = ObjectRef.of(route);
        List<HttpRule> rules = new ArrayList<>();
        List<GRPCRouteRule> written =
                route.getSpec().getRules() == null ? List.of() : route.getSpec().getRules();
        for (int i = 0; i < written.size(); i++) {
            GRPCRouteRule rule = written.get(i);
            String name = rule.getName() == null ? "rule-" + (i + 1) : rule.getName();
            List<Map<String, Object>> matches = matches(ref, name, rule.getMatches());
            if (matches.isEmpty()) continue;
            Map<String, Object> does = Json.object();
            List<Target> targets = new ArrayList<>();
            try {
                filters(rule, does);
                if (rule.getSessionPersistence() != null) throw new Unsupported("sessionPersistence is not supported");
                targets.addAll(targets(ref, rule.getBackendRefs()));
            } catch (Unsupported e) {
                unsupported(ref, name, e.sentence() + ": its requests get 500");
                does.clear();
            }
            rules.add(new HttpRule(ref, name, matches, does, targets));
        }
        return rules;
    }

    private List<Map<String, Object>> matches(ObjectRef route, String rule, @Nullable List<GRPCRouteMatch> written) {
        List<Map<String, Object>> matches = new ArrayList<>();
        for (GRPCRouteMatch match : written == null || written.isEmpty() ? List.of(new GRPCRouteMatch()) : written)
            try {
                matches.add(match(match));
            } catch (Unsupported e) {
                unsupported(route, rule, e.sentence() + ": that match is left out");
            }
        return matches;
    }

    private static Map<String, Object> match(GRPCRouteMatch match) throws Unsupported {
        Map<String, Object> json = Json.object("path", path(match.getMethod()));
        List<Map<String, Object>> headers = new ArrayList<>();
        if (match.getHeaders() != null)
            for (var header : match.getHeaders())
                headers.add(HttpMatches.field(
                        header.getName().toLowerCase(Locale.ROOT), header.getType(), header.getValue()));
        if (!headers.isEmpty()) json.put("headers", headers);
        return json;
    }

    private static Map<String, Object> path(@Nullable GRPCMethodMatch method) throws Unsupported {
        String service = method == null ? null : method.getService();
        String name = method == null ? null : method.getMethod();
        if (service == null && name == null) return HttpMatches.path(HttpMatches.PREFIX, "/");
        boolean expression = method != null && "RegularExpression".equals(method.getType());
        if (!expression && name == null) return HttpMatches.path(HttpMatches.PREFIX, "/" + service);
        if (!expression && service != null) return HttpMatches.path("Exact", "/" + service + "/" + name);
        return HttpMatches.path("RegularExpression", "/" + part(service, expression) + "/" + part(name, expression));
    }

    private static String part(@Nullable String written, boolean expression) {
        if (written == null) return ONE_SEGMENT;
        return expression ? "(?:" + written + ")" : written.replace(".", "\\.");
    }

    private static void filters(GRPCRouteRule rule, Map<String, Object> does) throws Unsupported {
        if (rule.getFilters() == null || rule.getFilters().isEmpty()) return;
        List<Map<String, Object>> filters = new ArrayList<>();
        for (GRPCRouteFilter filter : rule.getFilters()) {
            String type = filter.getType() == null ? "" : filter.getType();
            filters.add(
                    switch (type) {
                        case "RequestHeaderModifier" -> HttpFilters.headers(type, filter.getRequestHeaderModifier());
                        case "ResponseHeaderModifier" -> HttpFilters.headers(type, filter.getResponseHeaderModifier());
                        default -> throw new Unsupported("filter " + type + " is not supported");
                    });
        }
        does.put("filters", filters);
    }

    private List<Target> targets(ObjectRef route, @Nullable List<GRPCBackendRef> written) throws Unsupported {
        List<Target> targets = new ArrayList<>();
        if (written == null) return targets;
        for (GRPCBackendRef ref : written) {
            if (ref.getFilters() != null && !ref.getFilters().isEmpty())
                throw new Unsupported("filters of a single backendRef are not supported");
            BackendRefs.Target found = backends.resolve(
                    route,
                    new Written(
                            ref.getGroup(),
                            ref.getKind(),
                            ref.getNamespace(),
                            ref.getName(),
                            ref.getPort(),
                            ref.getWeight()));
            targets.add(Target.of(found, ref.getWeight()));
            if (found != null) services.speaksGrpc(found.app(), found.port());
        }
        return Target.live(targets);
    }

    private void unsupported(ObjectRef route, String rule, String sentence) {
        verdicts.partial(route, "", "UnsupportedValue", "rule " + rule + ": " + sentence, Code.K8S_002);
    }
}
