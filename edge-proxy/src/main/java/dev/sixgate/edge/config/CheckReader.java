package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.HealthCheck;
import dev.sixgate.edge.servicemap.HealthCheck.Header;
import dev.sixgate.edge.servicemap.HealthCheck.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code checks} of a service. */
final class CheckReader {
    private static final int MOST = 8;
    private static final int MOST_IN_A_ROW = 100;
    private static final List<String> METHODS = List.of("GET", "HEAD", "OPTIONS");
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final Problems problems;

    CheckReader(Problems problems) {
        this.problems = problems;
    }

    List<HealthCheck> read(Fields service) {
        List<HealthCheck> checks = new ArrayList<>();
        for (JsonNode item : service.array("checks"))
            Fields.of(item, "a check", KeyCatalogue.CHECK, problems).ifPresent(fields -> checks.add(check(fields)));
        if (checks.size() <= MOST) return checks;
        problems.error(
                Code.JSON_010,
                service.spot("checks"),
                "\"checks\" has " + checks.size() + " items; a service may have " + MOST);
        return List.of();
    }

    private HealthCheck check(Fields fields) {
        String word = fields.word("type", List.of("http", "tcp", "grpc"), List.of("udp"));
        Type type = word == null ? Type.HTTP : Type.valueOf(word.toUpperCase(Locale.ROOT));
        boolean http = type == Type.HTTP;
        for (String key : List.of("method", "path", "headers"))
            if (!http && fields.has(key))
                problems.error(
                        Code.JSON_010,
                        fields.keySpot(key),
                        Quoted.of(key) + " in a check of type " + Quoted.of(String.valueOf(word)),
                        "remove it, or \"type\": \"http\"");
        String method = fields.word("method", METHODS, List.of());
        Duration interval = fields.duration("interval", HealthCheck.DEFAULT_INTERVAL, SHORTEST_INTERVAL, HOUR);
        Duration absent = interval.compareTo(HealthCheck.DEFAULT_TIMEOUT) < 0 ? interval : HealthCheck.DEFAULT_TIMEOUT;
        Duration timeout = fields.duration("timeout", absent, MILLISECOND, HOUR);
        if (timeout.compareTo(interval) > 0)
            problems.error(
                    Code.LB_004,
                    fields.has("timeout")
                            ? fields.spot("timeout")
                            : fields.object().spot(),
                    "check timeout " + Units.text(timeout) + " exceeds interval " + Units.text(interval),
                    "shorten the timeout, or ask less often");
        return new HealthCheck(
                type,
                !http ? "" : method == null ? "GET" : method,
                http ? path(fields) : "",
                http ? headers(fields) : List.of(),
                interval,
                timeout,
                fields.duration("grace_period", Duration.ZERO, Duration.ZERO, HOUR),
                fields.whole("healthy_threshold", HealthCheck.DEFAULT_THRESHOLD, 1, MOST_IN_A_ROW),
                fields.whole("unhealthy_threshold", HealthCheck.DEFAULT_THRESHOLD, 1, MOST_IN_A_ROW));
    }

    /** With a query, if the operator likes. */
    private String path(Fields fields) {
        JsonText text = fields.textNode("path");
        if (text == null) return "/";
        if (text.text().startsWith("/") && text.text().matches("[!-~&&[^#]]+")) return text.text();
        problems.error(Code.JSON_010, text.spot(), Quoted.of(text.text()) + " is not a path", "begin with \"/\"");
        return "/";
    }

    private List<Header> headers(Fields fields) {
        List<Header> headers = new ArrayList<>();
        JsonNode node = fields.get("headers");
        if (node == null) return headers;
        if (!(node instanceof JsonObject object)) {
            problems.error(
                    Code.JSON_004,
                    node.spot(),
                    "\"headers\" must be an object, found " + node.found(),
                    "\"headers\": { \"Host\": \"shop.example.com\" }");
            return headers;
        }
        object.members().forEach((name, member) -> {
            JsonText value = Fields.asText(Quoted.of(name), member.value(), problems);
            if (value == null) return;
            String wrong = wrong(name, value.text());
            if (wrong == null) headers.add(new Header(name, value.text()));
            else problems.error(Code.JSON_010, object.keySpot(name), wrong);
        });
        return headers;
    }

    private static @Nullable String wrong(String name, String value) {
        if (!name.equalsIgnoreCase("host") && !FieldName.isEditable(name))
            return Quoted.of(name) + " cannot be sent with a check: it is no field name, or it frames messages";
        return value.matches("[\\t -~]*") && value.strip().equals(value)
                ? null
                : "the value of " + Quoted.of(name) + " cannot stand in a header";
    }
}
