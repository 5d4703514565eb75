package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code regions}: which there are, and which come after which when one has nobody left. */
final class Regions {
    /** Nothing is declared: any name is a region, and none comes after another. */
    static final Regions NONE = new Regions(Map.of(), Map.of());

    private final Map<String, List<String>> fallbacks;
    private final Map<String, Set<String>> groups;

    private Regions(Map<String, List<String>> fallbacks, Map<String, Set<String>> groups) {
        this.fallbacks = fallbacks;
        this.groups = groups;
    }

    static Regions read(Fields top, Problems problems) {
        JsonNode node = top.get("regions");
        if (node == null) return NONE;
        if (!(node instanceof JsonObject object)) {
            problems.error(Code.JSON_004, node.spot(), "\"regions\" must be an object, found " + node.found());
            return NONE;
        }
        Map<String, List<String>> fallbacks = new LinkedHashMap<>();
        Map<String, Set<String>> groups = new LinkedHashMap<>();
        List<JsonText> named = new ArrayList<>();
        object.members().forEach((name, member) -> {
            top.asName(name, object.keySpot(name));
            List<String> order = new ArrayList<>();
            Fields.of(member.value(), "the region " + Quoted.of(name), KeyCatalogue.REGION, problems)
                    .ifPresent(fields -> {
                        for (JsonText group : fields.texts("groups"))
                            if (fields.asName(group.text(), group.spot()) != null)
                                groups.computeIfAbsent(group.text(), _ -> new LinkedHashSet<>())
                                        .add(name);
                        for (JsonText fallback : fields.texts("fallback")) {
                            named.add(fallback);
                            if (fallback.text().equals(name) || order.contains(fallback.text()))
                                problems.error(
                                        Code.JSON_011,
                                        fallback.spot(),
                                        Quoted.of(fallback.text()) + " comes before this place already",
                                        "remove it");
                            else order.add(fallback.text());
                        }
                    });
            fallbacks.put(name, order);
        });
        Regions regions = new Regions(fallbacks, groups);
        for (JsonText fallback : named) regions.check("fallback region", fallback.text(), fallback.spot(), problems);
        return regions;
    }

    /** The region of this name, or those of the group; told of when it is neither. */
    Set<String> members(JsonText name, Problems problems) {
        Set<String> group = groups.get(name.text());
        if (group != null && !fallbacks.containsKey(name.text())) return group;
        check("preferred region", name.text(), name.spot(), problems);
        return Set.of(name.text());
    }

    /** Tells when regions are declared and {@code name} is none of them. */
    void check(String what, String name, Spot spot, Problems problems) {
        if (fallbacks.isEmpty() || fallbacks.containsKey(name)) return;
        String question = NearestWord.question(name, List.copyOf(fallbacks.keySet()));
        problems.error(
                Code.LB_003,
                spot,
                what + " " + Quoted.of(name) + " is not in regions",
                (question == null ? "" : question + " ") + "regions: " + String.join(", ", fallbacks.keySet()));
    }

    /** In which order an edge of this region goes through them; empty: its own before all others. */
    List<String> order(String own) {
        List<String> after = fallbacks.get(own);
        if (after == null || after.isEmpty()) return List.of();
        List<String> order = new ArrayList<>();
        order.add(own);
        order.addAll(after);
        return order;
    }
}
