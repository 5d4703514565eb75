package dev.sixgate.k8s.mapping;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Trees of maps, lists, texts, numbers and flags as JSON text, keys in the order in which they were put. */
public final class Json {
    private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");
    private static final JsonMapper PAGE = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .defaultPrettyPrinter(new DefaultPrettyPrinter(
                            Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER))
                    .withObjectIndenter(INDENTER))
            .build();
    private static final JsonMapper LINE = JsonMapper.shared();

    private Json() {}

    public static String text(Object tree) {
        return PAGE.writeValueAsString(tree) + "\n";
    }

    /** On one line, for messages. */
    static String line(Object tree) {
        return LINE.writeValueAsString(tree);
    }

    /** @param entries key, value, key, value … */
    static Map<String, Object> object(Object... entries) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) object.put((String) entries[i], entries[i + 1]);
        return object;
    }
}
