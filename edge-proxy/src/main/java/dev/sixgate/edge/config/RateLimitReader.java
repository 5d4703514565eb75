package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.RateLimit;
import dev.sixgate.edge.servicemap.RateLimit.Key;
import dev.sixgate.edge.servicemap.RateLimit.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code rate_limits} of a service. */
final class RateLimitReader {
    private static final Pattern LIMIT = Pattern.compile("([1-9][0-9]{0,8})/([smhd])");
    private static final Map<String, Long> UNITS =
            Map.of("s", 1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L, "d", 86_400_000_000_000L);
    private static final int MAX_LIMITS = 32;

    private final Problems problems;

    RateLimitReader(Problems problems) {
        this.problems = problems;
    }

    List<RateLimit> read(Fields service) {
        List<RateLimit> limits = new ArrayList<>();
        Set<String> names = new HashSet<>();
        List<JsonNode> items = service.array("rate_limits");
        if (items.size() > MAX_LIMITS)
            problems.error(
                    Code.JSON_010,
                    service.spot("rate_limits"),
                    "\"rate_limits\" has " + items.size() + " items, and at most " + MAX_LIMITS + " are looked at");
        for (JsonNode item : items)
            Fields.of(item, "a rate limit", KeyCatalogue.RATE_LIMIT, problems).ifPresent(fields -> {
                RateLimit limit = limit(fields);
                if (limit == null) return;
                if (names.add(limit.name())) limits.add(limit);
                else
                    problems.error(
                            Code.JSON_011,
                            fields.spot("name"),
                            Quoted.of(limit.name()) + " appears twice",
                            "rename one");
            });
        return limits;
    }

    private @Nullable RateLimit limit(Fields fields) {
        fields.require("name", "\"name\": \"per-client\"; it stands in answers and logs");
        String name = fields.name("name");
        List<Key> key = key(fields);
        fields.word("scope", List.of("edge"), List.of("all_edges"));
        HttpRoute.Path path = fields.object("match", KeyCatalogue.RATE_MATCH)
                .flatMap(match -> match.object("path", KeyCatalogue.ROUTE_PATH))
                .map(this::path)
                .orElse(null);
        if (!fields.require("limit", "\"limit\": \"50/s\"")) return null;
        JsonText written = fields.textNode("limit");
        if (written == null) return null;
        Matcher matcher = LIMIT.matcher(written.text());
        if (!matcher.matches()) {
            problems.error(
                    Code.JSON_010,
                    written.spot(),
                    "\"limit\": " + Quoted.of(written.text()) + " is not a rate",
                    "\"50/s\", \"10/m\", \"100/h\" or \"1000/d\"");
            return null;
        }
        long count = Long.parseLong(matcher.group(1));
        long unit = UNITS.get(matcher.group(2));
        long perSecond = Math.max(1, count * 1_000_000_000L / unit);
        int burst = fields.whole("burst", (int) Math.min(count, 1_000_000), 1, 1_000_000);
        if (burst < perSecond) {
            problems.error(
                    Code.RATE_002,
                    fields.spot("burst"),
                    "burst " + burst + " is below one second's rate " + Quoted.bare(written.text()),
                    "\"burst\": " + perSecond + ", or leave it out");
            return null;
        }
        return name == null ? null : new RateLimit(name, key, path, Math.max(1, unit / count), burst);
    }

    private List<Key> key(Fields fields) {
        List<Key> key = new ArrayList<>();
        JsonText spoofable = null;
        for (JsonText part : fields.texts("key")) {
            switch (part.text()) {
                case "client_ip" -> key.add(new Key(Kind.CLIENT_IP, ""));
                case "route" -> key.add(new Key(Kind.ROUTE, ""));
                case "app" -> key.add(new Key(Kind.APP, ""));
                default -> {
                    String header =
                            part.text().startsWith("header:") ? part.text().substring(7) : "";
                    if (FieldName.isToken(header)) {
                        key.add(new Key(Kind.HEADER, header));
                        spoofable = part;
                    } else
                        problems.error(
                                Code.JSON_010,
                                part.spot(),
                                "an item of \"key\" cannot be " + Quoted.of(part.text()),
                                "one of: client_ip, header:NAME, route, app");
                }
            }
        }
        if (spoofable != null && key.stream().noneMatch(part -> part.kind() == Kind.CLIENT_IP))
            problems.warning(
                    Code.RATE_001,
                    spoofable.spot(),
                    "rate limit key " + Quoted.bare(spoofable.text()) + " can be chosen by the client",
                    "add client_ip");
        return key;
    }

    private HttpRoute.@Nullable Path path(Fields fields) {
        String type = fields.word(
                "type",
                List.of(PathType.EXACT.word(), PathType.PATH_PREFIX.word()),
                List.of(PathType.REGULAR_EXPRESSION.word()));
        fields.require("value", "\"value\": \"/login\"");
        JsonText value = fields.textNode("value");
        if (value == null) return null;
        if (!RoutesReader.isPath(value.text())) {
            problems.error(
                    Code.JSON_010,
                    value.spot(),
                    Quoted.of(value.text()) + " is not a path that a request could have once it is normalised",
                    "begin with \"/\"; no query, no empty or dot segments, letters and digits not encoded");
            return null;
        }
        boolean exact = PathType.EXACT.word().equals(type);
        String text = value.text();
        boolean cut = !exact && text.length() > 1 && text.endsWith("/");
        return new HttpRoute.Path(
                exact ? PathType.EXACT : PathType.PATH_PREFIX, cut ? text.substring(0, text.length() - 1) : text);
    }
}
