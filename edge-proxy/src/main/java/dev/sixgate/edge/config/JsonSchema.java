package dev.sixgate.edge.config;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The operator's language as JSON Schema, draft 2020-12, from the keys that the reader itself goes by. For editors: what a
 * schema cannot say, such as which port may have which handlers, {@code check} says.
 */
public final class JsonSchema {
    static final String ID = "https://sixgate.dev/schema/sixgate.schema.json";

    private static final String NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
    private static final String DURATION = "^[0-9]{1,12}(\\.[0-9]{1,9})? ?(ms|s|m|h|d)$";
    private static final String SIZE = "^[0-9]{1,12}(\\.[0-9]{1,9})? ?(B|kB|MB|GB|KiB|MiB|GiB)$";

    private final Map<String, Object> definitions = new TreeMap<>();
    private final Deque<KeyCatalogue> wanted = new ArrayDeque<>();

    private JsonSchema() {}

    /** The schema of a first file, ended by a line feed. The same in every run. */
    public static String text() {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(new JsonSchema().root())
                + "\n";
    }

    private Map<String, Object> root() {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("$id", ID);
        root.put("title", "The configuration of a sixgate edge");
        root.put(
                "description",
                "docs/reference/config.md tells what each key means; sixgate check tells more than a schema can");
        root.putAll(object(KeyCatalogue.TOP));
        for (KeyCatalogue keys = wanted.poll(); keys != null; keys = wanted.poll())
            if (!definitions.containsKey(name(keys))) definitions.put(name(keys), object(keys));
        root.put("$defs", definitions);
        return root;
    }

    private Map<String, Object> object(KeyCatalogue keys) {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (String key : keys.built()) properties.put(key, shape(SchemaShapes.shape(keys, key)));
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("type", "object");
        object.put("properties", properties);
        if (!SchemaShapes.required(keys).isEmpty()) object.put("required", SchemaShapes.required(keys));
        object.put("patternProperties", Map.of("^//$", true));
        object.put("additionalProperties", false);
        return object;
    }

    private Object shape(@Nullable String shape) {
        if (shape == null) return true;
        List<String> choices = choices(shape);
        if (choices.size() > 1)
            return Map.of("anyOf", choices.stream().map(this::shape).toList());
        char first = shape.charAt(0);
        String inner = shape.substring(1, Math.max(1, shape.length() - 1));
        if (first == '[') return sorted("type", "array", "items", shape(inner));
        if (first == '{')
            return sorted(
                    "type", "object", "patternProperties", Map.of("^//$", true), "additionalProperties", shape(inner));
        if (first == '=') return Map.of("enum", Arrays.asList(shape.substring(1).split(",")));
        if (Character.isDigit(first)) {
            String[] bounds = shape.split("\\.\\.");
            return sorted(
                    "type", "integer", "minimum", Long.parseLong(bounds[0]), "maximum", Long.parseLong(bounds[1]));
        }
        if (Character.isUpperCase(first)) {
            KeyCatalogue keys = KeyCatalogue.valueOf(shape);
            wanted.add(keys);
            return Map.of("$ref", "#/$defs/" + name(keys));
        }
        return switch (shape) {
            case "text" -> Map.of("type", "string");
            case "name" -> sorted("type", "string", "pattern", NAME);
            case "duration" -> sorted("type", "string", "pattern", DURATION);
            case "size" -> sorted("type", "string", "pattern", SIZE);
            case "flag" -> Map.of("type", "boolean");
            case "share" -> sorted("type", "number", "minimum", 0, "maximum", 1);
            default -> throw new AssertionError("\"" + shape + "\" is no shape");
        };
    }

    /** Split where no bracket is open. */
    private static List<String> choices(String shape) {
        List<String> choices = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < shape.length(); i++) {
            char c = shape.charAt(i);
            if (c == '[' || c == '{') depth++;
            else if (c == ']' || c == '}') depth--;
            else if (c == '|' && depth == 0) {
                choices.add(shape.substring(start, i));
                start = i + 1;
            }
        }
        choices.add(shape.substring(start));
        return choices;
    }

    private static String name(KeyCatalogue keys) {
        return keys.name().toLowerCase(Locale.ROOT);
    }

    /** In the order given. */
    private static Map<String, Object> sorted(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) map.put((String) pairs[i], pairs[i + 1]);
        return map;
    }
}
