package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.ObjectRef;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a route, without its name's rank.
 *
 * @param matches as in {@code routes}; at least one
 * @param does {@code filters}, {@code timeouts}, {@code retry}
 * @param targets empty: none that leads anywhere
 */
record HttpRule(
        ObjectRef owner,
        String name,
        List<Map<String, Object>> matches,
        Map<String, Object> does,
        List<Target> targets) {
    /** Whether a backend or a redirect does; else everybody gets 500, as the Gateway API has it. */
    boolean answers() {
        return !targets.isEmpty()
                || does.get("filters") instanceof List<?> filters
                        && filters.stream()
                                .anyMatch(filter ->
                                        filter instanceof Map<?, ?> map && "RequestRedirect".equals(map.get("type")));
    }

    /**
     * A backend reference.
     *
     * @param app empty: one that leads nowhere, and keeps its share of the requests (503)
     */
    record Target(String app, String service, int weight) {
        static final String NOWHERE = "nowhere";

        /** @param found null: it leads nowhere */
        static Target of(BackendRefs.@Nullable Target found, @Nullable Integer weight) {
            int share = weight == null ? 1 : weight;
            return found == null
                    ? new Target("", NOWHERE, share)
                    : new Target(found.app().app(), ServiceApp.serviceName(found.port()), share);
        }

        /** None when none leads anywhere, or all weights are 0. */
        static List<Target> live(List<Target> targets) {
            boolean dead = targets.stream().allMatch(target -> target.isNowhere() || target.weight == 0);
            return dead ? List.of() : targets;
        }

        boolean isNowhere() {
            return app.isEmpty();
        }

        Map<String, Object> json(String own) {
            Map<String, Object> json = Json.object("app", isNowhere() ? own : app, "service", service);
            if (weight != 1) json.put("weight", weight);
            return json;
        }
    }
}
