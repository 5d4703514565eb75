package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.RouteFilter.Field;
import dev.sixgate.edge.servicemap.RouteFilter.HeaderModifier;
import java.util.ArrayList;
import java.util.List;

/** Header fields that an operator writes or removes. */
final class HeaderReader {
    private final Problems problems;

    HeaderReader(Problems problems) {
        this.problems = problems;
    }

    /** {@code set}, {@code add} and {@code remove}. */
    HeaderModifier edits(Fields fields) {
        List<String> remove = new ArrayList<>();
        for (JsonText name : fields.texts("remove")) if (isEditable(name.text(), name.spot())) remove.add(name.text());
        return new HeaderModifier(written(fields, "set"), written(fields, "add"), remove);
    }

    private List<Field> written(Fields fields, String key) {
        List<Field> written = new ArrayList<>();
        JsonNode node = fields.get(key);
        if (node == null) return written;
        if (!(node instanceof JsonObject object)) {
            problems.error(
                    Code.JSON_004,
                    node.spot(),
                    Quoted.of(key) + " must be an object, found " + node.found(),
                    "\"" + key + "\": { \"X-Edge\": \"fra-1\" }");
            return written;
        }
        object.members().forEach((name, member) -> field(object, name, member.value(), written));
        return written;
    }

    /** {@code "Server": false} removes, a string sets. */
    HeaderModifier setOrRemoved(JsonObject object) {
        List<Field> set = new ArrayList<>();
        List<String> remove = new ArrayList<>();
        object.members().forEach((name, member) -> {
            if (member.value() instanceof JsonLiteral literal
                    && literal.literal().equals("false")) {
                if (isEditable(name, object.keySpot(name))) remove.add(name);
            } else field(object, name, member.value(), set);
        });
        return new HeaderModifier(set, List.of(), remove);
    }

    private void field(JsonObject object, String name, JsonNode node, List<Field> written) {
        JsonText value = Fields.asText(Quoted.of(name), node, problems);
        if (value == null || !isEditable(name, object.keySpot(name))) return;
        if (value.text().matches("[\\t -~]*") && value.text().strip().equals(value.text()))
            written.add(new Field(name, value.text()));
        else
            problems.error(
                    Code.JSON_010,
                    value.spot(),
                    "the value of " + Quoted.of(name) + " cannot stand in a header",
                    "printable ASCII, no white space around it");
    }

    private boolean isEditable(String name, Spot spot) {
        if (FieldName.isEditable(name)) return true;
        problems.error(
                Code.JSON_010,
                spot,
                Quoted.of(name)
                        + " cannot be changed: it is no field name, or it frames messages or says who the client is",
                "for the Host that backends see use URLRewrite's \"hostname\"");
        return false;
    }
}
