package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.BackendRefs.Written;
import dev.sixgate.k8s.mapping.HttpRule.Target;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendObjectReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRequestMirrorFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRetry;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteTimeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HTTPRoutes: rules of the hosts and ports that they attach to. */
final class HttpRouteMapping {
    private static final int MAX_ATTEMPTS = 10;

    private final Verdicts verdicts;
    private final BackendRefs backends;

    HttpRouteMapping(Verdicts verdicts, BackendRefs backends) {
        this.verdicts = verdicts;
        this.backends = backends;
    }

    List<HttpRule> rules(HTTPRoute route) {
        ObjectRef ref = ObjectRef.of(route);
        List<HttpRule> rules = new ArrayList<>();
        List<HTTPRouteRule> written =
                route.getSpec().getRules() == null ? List.of() : route.getSpec().getRules();
        for (int i = 0; i < written.size(); i++) {
            HTTPRouteRule rule = written.get(i);
            String name = rule.getName() == null ? "rule-" + (i + 1) : rule.getName();
            List<Map<String, Object>> matches = matches(ref, name, rule.getMatches());
            if (matches.isEmpty()) continue;
            Map<String, Object> does = Json.object();
            List<Target> targets = new ArrayList<>();
            try {
                filters(ref, rule, matches, does);
                timeouts(rule.getTimeouts(), does);
                retry(ref, name, rule.getRetry(), does);
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

    private List<Map<String, Object>> matches(ObjectRef route, String rule, @Nullable List<HTTPRouteMatch> written) {
        List<Map<String, Object>> matches = new ArrayList<>();
        for (HTTPRouteMatch match : written == null || written.isEmpty() ? List.of(new HTTPRouteMatch()) : written)
            try {
                matches.add(HttpMatches.json(match));
            } catch (Unsupported e) {
                unsupported(route, rule, e.sentence() + ": that match is left out");
            }
        return matches;
    }

    private void filters(
            ObjectRef route, HTTPRouteRule rule, List<Map<String, Object>> matches, Map<String, Object> does)
            throws Unsupported {
        if (rule.getFilters() == null || rule.getFilters().isEmpty()) return;
        boolean prefixesOnly = matches.stream()
                .allMatch(match ->
                        match.get("path") instanceof Map<?, ?> path && HttpMatches.PREFIX.equals(path.get("type")));
        List<Map<String, Object>> filters = new ArrayList<>();
        for (HTTPRouteFilter filter : rule.getFilters()) {
            HTTPRequestMirrorFilter mirror = filter.getRequestMirror();
            BackendRefs.Target target = mirror == null ? null : shadow(route, mirror.getBackendRef());
            if (mirror == null) filters.add(HttpFilters.json(filter, prefixesOnly));
            else if (target != null) filters.add(HttpFilters.mirror(mirror, target)); // else told: nobody misses a copy
        }
        if (!filters.isEmpty()) does.put("filters", filters);
    }

    private BackendRefs.@Nullable Target shadow(ObjectRef route, BackendObjectReference ref) {
        return backends.resolve(
                route,
                new Written(ref.getGroup(), ref.getKind(), ref.getNamespace(), ref.getName(), ref.getPort(), null));
    }

    private static void timeouts(@Nullable HTTPRouteTimeouts written, Map<String, Object> does) throws Unsupported {
        if (written == null) return;
        long request = written.getRequest() == null ? 0 : Durations.millis(written.getRequest());
        long backend = written.getBackendRequest() == null ? 0 : Durations.millis(written.getBackendRequest());
        if (request > 0 && backend > request)
            throw new Unsupported("backendRequest " + written.getBackendRequest() + " is longer than request "
                    + written.getRequest());
        Map<String, Object> timeouts = Json.object();
        if (request > 0) timeouts.put("request", Durations.text(request)); // 0s: no bound
        if (backend > 0) timeouts.put("backend_request", Durations.text(backend));
        if (!timeouts.isEmpty()) does.put("timeouts", timeouts);
    }

    private void retry(ObjectRef route, String rule, @Nullable HTTPRouteRetry written, Map<String, Object> does) {
        if (written == null) return;
        Map<String, Object> retry = Json.object();
        int attempts = written.getAttempts() == null ? 1 : written.getAttempts();
        if (attempts > MAX_ATTEMPTS)
            unsupported(route, rule, "retry.attempts " + attempts + " is served as " + MAX_ATTEMPTS);
        retry.put("attempts", Math.clamp(attempts, 0, MAX_ATTEMPTS));
        retry.put("on", List.of("connect_failure", "reset_before_response"));
        if (written.getCodes() != null && !written.getCodes().isEmpty()) retry.put("codes", written.getCodes());
        retry.put("budget_percent", 20);
        if (written.getBackoff() != null) unsupported(route, rule, "retry.backoff is not kept: retries follow at once");
        does.put("retry", retry);
    }

    private List<Target> targets(ObjectRef route, @Nullable List<HTTPBackendRef> written) throws Unsupported {
        List<Target> targets = new ArrayList<>();
        if (written == null) return targets;
        for (HTTPBackendRef ref : written) {
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
        }
        return Target.live(targets);
    }

    private void unsupported(ObjectRef route, String rule, String sentence) {
        verdicts.partial(route, "", "UnsupportedValue", "rule " + rule + ": " + sentence, Code.K8S_002);
    }
}
