package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.RouteFilter.Cors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The filter {@code CORS} of a route. */
final class CorsReader {
    static final List<String> KEYS = List.of(
            "type",
            "allow_origins",
            "allow_credentials",
            "allow_methods",
            "allow_headers",
            "expose_headers",
            "max_age");

    /** The Gateway API's. */
    private static final Duration DEFAULT_AGE = Duration.ofSeconds(5);

    private static final Pattern ORIGIN = Pattern.compile(
            "https?://(\\*\\.)?([A-Za-z0-9-]+\\.)*[A-Za-z0-9-]+(:[0-9]{1,5})?|https?://\\[[0-9a-f:]+](:[0-9]{1,5})?");

    private final Problems problems;

    CorsReader(Problems problems) {
        this.problems = problems;
    }

    Cors read(Fields fields) {
        fields.require("allow_origins", "\"allow_origins\": [\"https://app.example.com\"], or [\"*\"]");
        List<String> origins = items(
                fields,
                "allow_origins",
                text -> ORIGIN.matcher(text).matches(),
                "an origin",
                "\"https://app.example.com\" or \"https://*.example.com\", without a path");
        List<String> methods =
                items(fields, "allow_methods", text -> text.matches("[A-Z]{1,32}"), "a method", "such as \"PUT\"");
        boolean credentials = fields.flag("allow_credentials");
        return new Cors(
                origins,
                credentials,
                methods,
                items(fields, "allow_headers", FieldName::isToken, "a header's name", "such as \"X-Token\""),
                items(fields, "expose_headers", FieldName::isToken, "a header's name", "such as \"X-Total\""),
                fields.duration("max_age", DEFAULT_AGE, Duration.ZERO, Duration.ofDays(1)));
    }

    /** Each is as {@code good} wants it, or {@code *}. */
    private List<String> items(Fields fields, String key, Predicate<String> good, String what, String help) {
        List<String> items = new ArrayList<>();
        for (JsonText item : fields.texts(key))
            if (item.text().equals("*") || good.test(item.text())) items.add(item.text());
            else problems.error(Code.JSON_010, item.spot(), Quoted.of(item.text()) + " is not " + what, help);
        return items;
    }
}
