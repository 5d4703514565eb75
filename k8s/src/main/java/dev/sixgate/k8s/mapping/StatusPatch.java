package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.Verdict;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The JSON merge patch of an object's {@code status} that says our verdicts, and leaves what others said. */
public final class StatusPatch {
    private static final int MAX_MESSAGE = 1_000;
    private static final JsonMapper MAPPER = JsonMapper.shared();
    private static final Set<String> OURS =
            Set.of(Verdicts.ACCEPTED, Verdicts.RESOLVED_REFS, Verdicts.PARTIALLY_INVALID, Verdicts.PROGRAMMED);

    private final JsonNode object;
    private final String controller;
    private final String now;

    private StatusPatch(JsonNode object, String controller, String now) {
        this.object = object;
        this.controller = controller;
        this.now = now;
    }

    /** Whether verdicts on an object of the kind have a place in it. */
    public static boolean isKept(ObjectRef object) {
        return object.kind().equals("Gateway")
                || object.kind().equals("Service")
                || object.kind().endsWith("Route");
    }

    /**
     * @param verdicts on this object
     * @param controller the name that routes know us by
     * @param now RFC 3339 in UTC, of conditions that change
     * @return null: it says so already, or what is said is not for it
     */
    public static @Nullable String of(HasMetadata object, List<Verdict> verdicts, String controller, String now) {
        ObjectRef ref = ObjectRef.of(object);
        List<Verdict> told = verdicts.stream()
                .filter(one -> !one.reason().equals(Verdicts.OTHER_CLASS))
                .toList();
        if (told.isEmpty() || !isKept(ref)) return null;
        StatusPatch patch = new StatusPatch(MAPPER.valueToTree(object), controller, now);
        JsonNode before = patch.object.path("status");
        Map<String, Object> status = switch (ref.kind()) {
            case "Gateway" -> patch.gateway(told);
            case "Service" -> Json.object("conditions", patch.conditions(before.path("conditions"), told));
            default -> Json.object("parents", patch.parents(before.path("parents"), told));
        };
        // Through text: numbers that look alike are alike.
        String written = MAPPER.writeValueAsString(Json.object("status", status));
        JsonNode known = MAPPER.readTree(MAPPER.writeValueAsString(before));
        for (Map.Entry<String, JsonNode> part :
                MAPPER.readTree(written).path("status").properties())
            if (!part.getValue().equals(known.path(part.getKey()))) return written;
        return null;
    }

    private Map<String, Object> gateway(List<Verdict> verdicts) {
        JsonNode before = object.path("status");
        List<Object> listeners = new ArrayList<>();
        for (JsonNode listener : object.path("spec").path("listeners")) {
            String name = listener.path("name").asString("");
            JsonNode known = named(before.path("listeners"), "name", name);
            Map<String, Object> entry = Json.object("name", name);
            entry.put("attachedRoutes", known.path("attachedRoutes").asInt(0));
            entry.put("conditions", conditions(known.path("conditions"), scoped(verdicts, name)));
            listeners.add(entry);
        }
        return Json.object(
                "conditions", conditions(before.path("conditions"), scoped(verdicts, "")), "listeners", listeners);
    }

    private static List<Verdict> scoped(List<Verdict> verdicts, String scope) {
        return verdicts.stream().filter(one -> one.scope().equals(scope)).toList();
    }

    private static JsonNode named(JsonNode list, String key, String value) {
        for (JsonNode entry : list) if (entry.path(key).asString("").equals(value)) return entry;
        return MAPPER.missingNode();
    }

    /** One entry for each parent that is ours; those of other controllers stay. */
    private List<Object> parents(JsonNode before, List<Verdict> verdicts) {
        List<Object> parents = new ArrayList<>();
        for (JsonNode entry : before)
            if (!entry.path("controllerName").asString("").equals(controller)) parents.add(entry);
        for (JsonNode parent : object.path("spec").path("parentRefs")) {
            String scope = scope(parent);
            if (scoped(verdicts, scope).isEmpty()) continue;
            JsonNode known = MAPPER.missingNode();
            for (JsonNode entry : before)
                if (entry.path("controllerName").asString("").equals(controller)
                        && scope(entry.path("parentRef")).equals(scope)) known = entry.path("conditions");
            List<Verdict> own = verdicts.stream()
                    .filter(one -> one.scope().equals(scope) || one.scope().isEmpty())
                    .toList();
            parents.add(Json.object(
                    "parentRef", parent, "controllerName", controller, "conditions", conditions(known, own)));
        }
        return parents;
    }

    private String scope(JsonNode parent) {
        String namespace = parent.path("namespace")
                .asString(object.path("metadata").path("namespace").asString(""));
        return namespace + "/" + parent.path("name").asString("")
                + (parent.has("sectionName") ? "/" + parent.path("sectionName").asString() : "")
                + (parent.has("port") ? ":" + parent.path("port").asInt() : "");
    }

    /** Those of others first, then ours by type; a condition that says the same keeps its time. */
    private List<Object> conditions(JsonNode before, List<Verdict> verdicts) {
        List<Object> conditions = new ArrayList<>();
        for (JsonNode condition : before)
            if (!OURS.contains(condition.path("type").asString(""))) conditions.add(condition);
        Map<String, List<Verdict>> byType = new TreeMap<>();
        for (Verdict verdict : verdicts)
            byType.computeIfAbsent(verdict.condition(), _ -> new ArrayList<>()).add(verdict);
        byType.forEach((type, all) -> conditions.add(condition(named(before, "type", type), type, all)));
        return conditions;
    }

    private Map<String, Object> condition(JsonNode before, String type, List<Verdict> verdicts) {
        List<Verdict> bad = verdicts.stream().filter(one -> one.code() != null).toList();
        List<Verdict> say = bad.isEmpty() ? verdicts : bad;
        String status = say.getFirst().status() ? "True" : "False";
        Set<String> messages = new LinkedHashSet<>();
        // What is merely told, such as how many endpoints there are, is not worth a write whenever it changes.
        for (Verdict one : bad) messages.add(one.code() + " " + one.message());
        String message = String.join("; ", messages);
        Map<String, Object> condition = new LinkedHashMap<>();
        condition.put("type", type);
        condition.put("status", status);
        long generation = object.path("metadata").path("generation").asLong(0);
        if (generation > 0) condition.put("observedGeneration", generation);
        boolean same = before.path("status").asString("").equals(status);
        condition.put(
                "lastTransitionTime", same ? before.path("lastTransitionTime").asString(now) : now);
        condition.put("reason", say.getFirst().reason());
        condition.put(
                "message", message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE - 1) + "…" : message);
        return condition;
    }
}
