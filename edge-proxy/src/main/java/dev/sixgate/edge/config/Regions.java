package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code regions}: which there are, and which come after which when one has nobody left. */
final class Regions {
    /** Nothing is declared: any name is a region, and none comes after another. */
    static final Regions NONE = new Regions(Map.of());

    private final Map<String, List<String>> fallbacks;

    private Regions(Map<String, List<String>> fallbacks) {
        this.fallbacks = fallbacks;
    }

    static Regions read(Fields top, Problems problems) {
        JsonNode node = top.get("regions");
        if (node == null) return NONE;
        if (!(node instanceof JsonObject object)) {
            problems.error(Code.JSON_004, node.spot(), "\"regions\" must be an object, found " + node.found());
            return NONE;
        }
        Map<String, List<String>> fallbacks = new LinkedHashMap<>();
        List<JsonText> named = new ArrayList<>();
        object.members().forEach((name, member) -> {
            top.asName(name, object.keySpot(name));
            List<String> order = new ArrayList<>();
            Fields.of(member.value(), "the region " + Quoted.of(name), KeyCatalogue.REGION, problems)
                    .ifPresent(fields -> {
                        fields.texts("groups").forEach(group -> fields.asName(group.text(), group.spot()));
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
        Regions regions = new Regions(fallbacks);
        for (JsonText fallback : named) regions.check("fallback region", fallback.text(), fallback.spot(), problems);
        return regions;
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
