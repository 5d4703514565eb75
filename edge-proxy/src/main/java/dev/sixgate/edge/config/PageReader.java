package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.Page;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Bodies that the edge answers with: from a file, or as they are written. */
final class PageReader {
    /** Held in memory as long as the configuration, and sent in one piece. */
    private static final int MAX_BYTES = 256 << 10;

    private final Scope scope;
    private final Problems problems;

    PageReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** {@code file} and {@code content_type}; null, with a problem told, when it cannot be used. */
    @Nullable
    Page file(Fields fields) {
        if (!fields.require("file", "\"file\": \"sorry.html\"")) return null;
        JsonText file = fields.textNode("file");
        if (file == null) return null;
        byte[] bytes = scope.read(file.text(), file.spot(), MAX_BYTES, null);
        return bytes == null ? null : new Page(contentType(fields, byName(file.text())), bytes);
    }

    /** {@code body} and {@code content_type}. */
    Page written(Fields fields) {
        JsonText body = fields.textNode("body");
        byte[] bytes = body == null ? new byte[0] : body.text().getBytes(StandardCharsets.UTF_8);
        if (body != null && bytes.length > MAX_BYTES)
            problems.error(
                    Code.JSON_010,
                    body.spot(),
                    "\"body\" has " + bytes.length + " bytes, which is more than " + Units.text(MAX_BYTES));
        return new Page(contentType(fields, "text/plain; charset=utf-8"), bytes);
    }

    private String contentType(Fields fields, String absent) {
        JsonText type = fields.textNode("content_type");
        if (type == null) return absent;
        if (type.text().matches("[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *; *[A-Za-z0-9!#$&^_.+=\"-]+)*"))
            return type.text();
        problems.error(
                Code.JSON_010,
                type.spot(),
                Quoted.of(type.text()) + " is no content type",
                "\"text/html; charset=utf-8\"");
        return absent;
    }

    private static String byName(String file) {
        return switch (file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT)) {
            case "html", "htm" -> "text/html; charset=utf-8";
            case "json" -> "application/json";
            case "svg" -> "image/svg+xml";
            default -> "text/plain; charset=utf-8";
        };
    }
}
