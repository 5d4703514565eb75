package dev.sixgate.edge.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.router.RoutePath;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import dev.sixgate.edge.servicemap.HttpRoute.FieldMatch;
import dev.sixgate.edge.servicemap.HttpRoute.Match;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.RequestPolicy;
import dev.sixgate.edge.servicemap.RouteFilter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code routes} of a service. */
final class RoutesReader {
    private static final int MAX_PATTERN = 1024;
    /** A group that repeats and holds a repetition. Harmless to our engine; not to the next one the pattern is copied to. */
    private static final java.util.regex.Pattern NESTED = java.util.regex.Pattern.compile("\\([^()]*[+*][^()]*\\)[+*]");

    private static final List<String> PATH_TYPES =
            Arrays.stream(PathType.values()).map(PathType::word).toList();
    private static final List<String> FIELD_TYPES = List.of("Exact", "RegularExpression");

    private final Problems problems;
    private final FilterReader filters;
    private final Regions regions;
    private final BalancingReader balancing;
    private final RequestPolicyReader requests;
    private final BackendReferences references;

    RoutesReader(Scope scope, Regions regions, BalancingReader balancing) {
        this.regions = regions;
        this.balancing = balancing;
        this.requests = new RequestPolicyReader(scope.problems());
        this.problems = scope.problems();
        this.references = new BackendReferences(problems);
        this.filters = new FilterReader(scope, references);
    }

    /** Tells of references to apps and services that are not there; of all services read so far. */
    void check(List<App> apps) {
        references.check(apps);
    }

    /** @param base what the service says of its requests */
    List<HttpRoute> routes(Fields service, RequestPolicy base) {
        List<HttpRoute> routes = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Map<Match, Located<String>> seen = new HashMap<>();
        for (JsonNode item : service.array("routes"))
            Fields.of(item, "a route", KeyCatalogue.ROUTE, problems).ifPresent(fields -> {
                HttpRoute route = route(fields, "route-" + (Integer.parseInt(item.token()) + 1), seen, base);
                routes.add(route);
                if (!names.add(route.name()))
                    problems.error(
                            Code.JSON_011,
                            fields.spot("name"),
                            "two routes of this service are called " + Quoted.of(route.name()),
                            "rename one");
            });
        if (service.get("routes") instanceof JsonNode.JsonArray array
                && array.items().isEmpty())
            problems.error(
                    Code.JSON_010,
                    service.spot("routes"),
                    "\"routes\" lists nothing, so nothing would be served",
                    "leave it out: then everything goes to the service's own app");
        return routes;
    }

    private HttpRoute route(Fields fields, String absentName, Map<Match, Located<String>> seen, RequestPolicy base) {
        String given = fields.has("name") ? fields.name("name") : null;
        String name = given == null ? absentName : given;
        List<Match> matches = new ArrayList<>();
        int errorsBefore = problems.errorCount();
        for (JsonNode item : fields.array("matches"))
            Fields.of(item, "a match", KeyCatalogue.ROUTE_MATCH, problems)
                    .ifPresent(match -> matches.add(match(match)));
        if (matches.isEmpty()) matches.add(Match.ANYTHING);
        // A match that could not be read stands for nothing that another could be like.
        if (problems.errorCount() == errorsBefore)
            for (Match match : matches) unreachable(match, name, fields.object().spot(), seen);
        List<RouteFilter> filters = new ArrayList<>();
        for (JsonNode item : fields.array("filters"))
            Fields.of(item, "a filter", KeyCatalogue.ROUTE_FILTER, problems)
                    .map(filter -> this.filters.filter(filter, matches))
                    .ifPresent(filters::add);
        return new HttpRoute(
                name,
                matches,
                filters,
                backendRefs(fields, name),
                requests.read(fields, base, matches),
                prefer(fields),
                balancing.persistence(fields, false));
    }

    /** Sets of regions; {@code any} at the end says what holds anyway. */
    private List<Set<String>> prefer(Fields route) {
        Fields fields = route.object("region", KeyCatalogue.ROUTE_REGION).orElse(null);
        if (fields == null || !fields.require("prefer", "\"prefer\": [\"fra\", \"any\"]")) return List.of();
        List<Set<String>> prefer = new ArrayList<>();
        List<JsonText> words = fields.texts("prefer");
        for (JsonText word : words)
            if (!word.text().equals("any")) prefer.add(regions.members(word, problems));
            else if (word != words.getLast())
                problems.error(
                        Code.JSON_010,
                        word.spot(),
                        "what stands behind \"any\" is never looked at",
                        "put \"any\" last");
        return prefer;
    }

    private void unreachable(Match match, String name, Spot spot, Map<Match, Located<String>> seen) {
        Located<String> before = seen.putIfAbsent(match, new Located<>(name, spot));
        if (before == null) return;
        // Of two that match alike the one whose name sorts first wins, whatever the file's order.
        boolean thisWins = name.compareTo(before.value()) < 0;
        String loser = thisWins ? before.value() : name;
        String winner = thisWins ? name : before.value();
        problems.error(
                Code.ROUTE_001,
                thisWins ? before.spot() : spot,
                "route " + Quoted.of(loser) + " can never match: " + Quoted.of(winner) + " (line "
                        + (thisWins ? spot : before.spot()).line()
                        + ") has the same host, path and no further condition",
                "remove one, or add a condition");
    }

    private Match match(Fields fields) {
        HttpRoute.Path path = HttpRoute.Path.ROOT;
        Fields wanted = fields.object("path", KeyCatalogue.ROUTE_PATH).orElse(null);
        if (wanted != null) path = path(wanted);
        JsonText method = fields.textNode("method");
        if (method != null && !method.text().matches("[A-Z]{1,32}")) {
            problems.error(
                    Code.JSON_010, method.spot(), Quoted.of(method.text()) + " is not a method", "such as \"POST\"");
            method = null;
        }
        return new Match(
                path,
                method == null ? null : method.text(),
                fieldMatches(fields, "headers"),
                fieldMatches(fields, "query_params"));
    }

    private HttpRoute.Path path(Fields fields) {
        String word = fields.has("type") ? fields.word("type", PATH_TYPES, List.of()) : PathType.PATH_PREFIX.word();
        fields.require("value", "\"value\": \"/api\"");
        JsonText value = fields.textNode("value");
        if (word == null || value == null) return HttpRoute.Path.ROOT;
        PathType type = PathType.values()[PATH_TYPES.indexOf(word)];
        String text = value.text();
        if (type == PathType.REGULAR_EXPRESSION)
            return isPattern(value) ? new HttpRoute.Path(type, text) : HttpRoute.Path.ROOT;
        if (!isPath(text)) {
            problems.error(
                    Code.JSON_010,
                    value.spot(),
                    Quoted.of(text) + " is not a path that a request could have once it is normalised",
                    "begin with \"/\"; no query, no empty or dot segments, letters and digits not encoded");
            return HttpRoute.Path.ROOT;
        }
        boolean cut = type == PathType.PATH_PREFIX && text.length() > 1 && text.endsWith("/");
        return new HttpRoute.Path(type, cut ? text.substring(0, text.length() - 1) : text);
    }

    static boolean isPath(String text) {
        if (!text.startsWith("/") || !text.matches("[!-~]+") || text.matches(".*[?#\"<>].*")) return false;
        try {
            return RoutePath.normalise(text).compared().equals(text);
        } catch (RoutePath.Ambiguous e) {
            return false;
        }
    }

    private boolean isPattern(JsonText value) {
        String text = value.text();
        if (NESTED.matcher(text).find()) {
            problems.error(
                    Code.ROUTE_004,
                    value.spot(),
                    "regular expression has nested repetition " + Quoted.of(text)
                            + ": refused, it can be made to run for minutes",
                    "one repetition is enough: (a+)+ means a+");
            return false;
        }
        try {
            if (text.length() > MAX_PATTERN)
                throw new PatternSyntaxException("longer than " + MAX_PATTERN + " characters");
            Pattern.compile(text);
            return true;
        } catch (PatternSyntaxException e) {
            problems.error(
                    Code.ROUTE_004,
                    value.spot(),
                    Quoted.of(text) + " is not a regular expression: " + Quoted.bare(e.getMessage()),
                    "RE2 syntax, which has no look-around and no back references");
            return false;
        }
    }

    private List<FieldMatch> fieldMatches(Fields fields, String key) {
        List<FieldMatch> matches = new ArrayList<>();
        for (JsonNode item : fields.array(key))
            Fields.of(item, "an item of " + Quoted.of(key), KeyCatalogue.FIELD_MATCH, problems)
                    .ifPresent(match -> {
                        boolean both = match.require("name", "\"name\": \"X-Canary\"")
                                & match.require("value", "\"value\": \"yes\"");
                        String type = match.has("type") ? match.word("type", FIELD_TYPES, List.of()) : "Exact";
                        JsonText name = match.textNode("name");
                        JsonText value = match.textNode("value");
                        if (!both || type == null || name == null || value == null) return;
                        boolean expression = type.equals("RegularExpression");
                        if (expression && !isPattern(value)) return;
                        matches.add(new FieldMatch(name.text(), expression, value.text()));
                    });
        return matches;
    }

    private List<BackendRef> backendRefs(Fields fields, String route) {
        List<BackendRef> refs = new ArrayList<>();
        int weights = 0;
        for (JsonNode item : fields.array("backend_refs")) {
            Fields ref = Fields.of(item, "a backend reference", KeyCatalogue.BACKEND_REF, problems)
                    .orElse(null);
            if (ref == null) continue;
            BackendRef read = references.read(ref);
            if (read == null) continue;
            weights += read.weight();
            refs.add(read);
        }
        if (!refs.isEmpty() && weights == 0)
            problems.error(
                    Code.ROUTE_003,
                    fields.spot("backend_refs"),
                    "all weights of route " + Quoted.of(route) + " are 0: every request would get 503",
                    "give one of them a weight");
        return refs;
    }
}
