package dev.sixgate.edge.router;

import com.google.re2j.Pattern;
import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.servicemap.AccessFilter;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import dev.sixgate.edge.servicemap.HttpRoute.FieldMatch;
import dev.sixgate.edge.servicemap.HttpRoute.Match;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.RouteFilter;
import dev.sixgate.edge.servicemap.RouteFilter.RequestMirror;
import dev.sixgate.edge.servicemap.Service;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one service, compiled. The most specific match wins, never the first in the file: an exact path before a
 * regular expression before the longest prefix, then a method, then more headers, then more query parameters, then the
 * route's name (the Gateway API's order). Immutable; expressions run in linear time (RE2).
 */
public final class RouteTable {
    /** What routes look at. */
    public interface Asked {
        String method();

        /** Path and query as the client sent them. */
        String target();

        /** The first field called {@code name} in any case, or null. */
        @Nullable
        String field(String name);
    }

    /**
     * Who gets the request.
     *
     * @param prefix what the path matched, where that was a prefix; else empty
     * @param target with dot segments resolved
     * @param mirrors who gets a copy of this request
     * @param guards what it has to pass first, in this order
     */
    public record Matched(
            HttpRoute route,
            App app,
            Service service,
            String prefix,
            String target,
            List<Destination> mirrors,
            List<Guard> guards) {}

    /** @param to whom the filter asks; null: nobody */
    public record Guard(AccessFilter filter, @Nullable Destination to) {}

    /** A service that a filter sends to. */
    public record Destination(App app, Service service) {}

    private record Mirror(RequestMirror filter, Destination to) {}

    private record Target(App app, Service service, int weight) {}

    private record Compiled(
            HttpRoute route, List<Target> targets, int weights, List<Mirror> mirrors, List<Guard> guards) {}

    private record Condition(String name, @Nullable Pattern expression, String value) {
        static Condition of(FieldMatch match) {
            return new Condition(
                    match.name(), match.regularExpression() ? Pattern.compile(match.value()) : null, match.value());
        }

        boolean holds(@Nullable String found) {
            if (found == null) return false;
            return expression == null ? found.equals(value) : expression.matches(found);
        }

        @Override
        public String toString() {
            return name + (expression == null ? " is " : " matches ") + value;
        }
    }

    private record Candidate(
            Compiled compiled,
            Match match,
            @Nullable Pattern path,
            List<Condition> headers,
            List<Condition> parameters) {

        /** Null: it fits. The path is looked at elsewhere, unless it is an expression. */
        @Nullable
        String mismatch(Asked asked, String compared, String query) {
            if (path != null && !path.matches(compared))
                return "the path does not match " + match.path().value();
            if (match.method() != null && !match.method().equals(asked.method()))
                return "the method is not " + match.method();
            for (Condition header : headers)
                if (!header.holds(asked.field(header.name()))) return "not true: header " + header;
            for (Condition parameter : parameters)
                if (!parameter.holds(Query.first(query, parameter.name()))) return "not true: parameter " + parameter;
            return null;
        }
    }

    private static final Comparator<Candidate> PRECEDENCE = Comparator.comparing(
                    (Candidate c) -> c.match.path().type())
            .thenComparing(c -> -c.match.path().value().length())
            .thenComparing(c -> c.match.method() == null)
            .thenComparing(c -> -c.headers.size())
            .thenComparing(c -> -c.parameters.size())
            .thenComparing(c -> c.compiled.route.name());

    private final List<Candidate> all; // by precedence
    private final Map<String, List<Candidate>> exact = new HashMap<>();
    private final List<Candidate> expressions = new ArrayList<>();
    private final Map<String, List<Candidate>> prefixes = new HashMap<>();

    private RouteTable(List<Candidate> all) {
        this.all = all;
        for (Candidate candidate : all)
            switch (candidate.match.path().type()) {
                case EXACT -> listed(exact, candidate);
                case REGULAR_EXPRESSION -> expressions.add(candidate);
                case PATH_PREFIX -> listed(prefixes, candidate);
            }
    }

    private static void listed(Map<String, List<Candidate>> map, Candidate candidate) {
        map.computeIfAbsent(candidate.match.path().value(), _ -> new ArrayList<>(1))
                .add(candidate);
    }

    /**
     * @param own the app that {@code service} is of
     * @param apps by name; null for one that does not exist, which the configuration has refused
     */
    static RouteTable of(App own, Service service, Function<String, @Nullable App> apps) {
        List<Candidate> all = new ArrayList<>();
        for (HttpRoute route : service.routes()) {
            List<Target> targets = new ArrayList<>();
            if (route.backendRefs().isEmpty()) targets.add(new Target(own, service, 1));
            for (BackendRef ref : route.backendRefs()) {
                App app = apps.apply(ref.app());
                Service to = app == null ? null : service(app, ref.service());
                if (app != null && to != null && ref.weight() > 0) targets.add(new Target(app, to, ref.weight()));
            }
            Compiled compiled = new Compiled(
                    route,
                    List.copyOf(targets),
                    targets.stream().mapToInt(Target::weight).sum(),
                    mirrors(route, apps),
                    guards(route, apps));
            for (Match match : route.matches())
                all.add(new Candidate(
                        compiled,
                        match,
                        match.path().type() == PathType.REGULAR_EXPRESSION
                                ? Pattern.compile(match.path().value())
                                : null,
                        match.headers().stream().map(Condition::of).toList(),
                        match.queryParams().stream().map(Condition::of).toList()));
        }
        all.sort(PRECEDENCE);
        return new RouteTable(List.copyOf(all));
    }

    private static List<Mirror> mirrors(HttpRoute route, Function<String, @Nullable App> apps) {
        List<Mirror> mirrors = new ArrayList<>();
        for (RouteFilter filter : route.filters())
            if (filter instanceof RequestMirror mirror) {
                Destination to = destination(mirror.to(), apps);
                if (to != null && mirror.numerator() > 0) mirrors.add(new Mirror(mirror, to));
            }
        return List.copyOf(mirrors);
    }

    private static List<Guard> guards(HttpRoute route, Function<String, @Nullable App> apps) {
        List<Guard> guards = new ArrayList<>();
        for (RouteFilter filter : route.filters())
            if (filter instanceof AccessFilter access) {
                BackendRef asked = access.asks();
                guards.add(new Guard(access, asked == null ? null : destination(asked, apps)));
            }
        return List.copyOf(guards);
    }

    private static @Nullable Destination destination(BackendRef ref, Function<String, @Nullable App> apps) {
        App app = apps.apply(ref.app());
        Service service = app == null ? null : service(app, ref.service());
        return app == null || service == null ? null : new Destination(app, service);
    }

    /** @param name empty: the app's only one */
    private static @Nullable Service service(App app, String name) {
        if (name.isEmpty())
            return app.services().isEmpty() ? null : app.services().getFirst();
        for (Service service : app.services()) if (service.name().equals(name)) return service;
        return null;
    }

    /**
     * @param random draws among weighted backends
     * @return null when no route fits
     */
    public @Nullable Matched match(Asked asked, RandomGenerator random) throws RoutePath.Ambiguous {
        String target = asked.target();
        int mark = target.indexOf('?');
        String query = mark < 0 ? "" : target.substring(mark + 1);
        String path = mark < 0 ? target : target.substring(0, mark);
        RoutePath.Normal normal = RoutePath.normalise(path);
        Candidate winner = winner(asked, normal.compared(), query);
        if (winner == null) return null;
        Target chosen = choose(winner.compiled, random);
        String forwarded = normal.forwarded().equals(path)
                ? target
                : normal.forwarded() + (mark < 0 ? "" : target.substring(mark));
        String prefix = winner.match.path().type() == PathType.PATH_PREFIX
                ? winner.match.path().value()
                : "";
        return new Matched(
                winner.compiled.route,
                chosen.app,
                chosen.service,
                prefix,
                forwarded,
                drawn(winner.compiled.mirrors, random),
                winner.compiled.guards);
    }

    private @Nullable Candidate winner(Asked asked, String compared, String query) {
        Candidate found = first(exact.get(compared), asked, compared, query);
        if (found == null) found = first(expressions, asked, compared, query);
        if (found != null || prefixes.isEmpty()) return found;
        // /a/b/c is looked for as /a/b/c, /a/b, /a and /.
        for (int end = compared.length(); end > 0; end = compared.lastIndexOf('/', end - 1)) {
            found = first(prefixes.get(compared.substring(0, end)), asked, compared, query);
            if (found != null) return found;
        }
        return first(prefixes.get("/"), asked, compared, query);
    }

    private static @Nullable Candidate first(
            @Nullable List<Candidate> candidates, Asked asked, String compared, String query) {
        if (candidates == null) return null;
        for (int i = 0; i < candidates.size(); i++)
            if (candidates.get(i).mismatch(asked, compared, query) == null) return candidates.get(i);
        return null;
    }

    private static List<Destination> drawn(List<Mirror> mirrors, RandomGenerator random) {
        if (mirrors.isEmpty()) return List.of();
        List<Destination> drawn = new ArrayList<>(mirrors.size());
        for (Mirror mirror : mirrors)
            if (random.nextInt(mirror.filter.denominator()) < mirror.filter.numerator()) drawn.add(mirror.to);
        return drawn;
    }

    private static Target choose(Compiled compiled, RandomGenerator random) {
        if (compiled.targets.size() == 1) return compiled.targets.getFirst();
        int drawn = random.nextInt(compiled.weights);
        for (Target target : compiled.targets) {
            drawn -= target.weight;
            if (drawn < 0) return target;
        }
        throw new AssertionError("the weights are less than their sum");
    }

    /** Every route but {@code winner}, and why it lost, by precedence; for those who ask, not for each request. */
    public List<RejectedRule> losers(Asked asked, @Nullable HttpRoute winner) {
        List<RejectedRule> losers = new ArrayList<>();
        String target = asked.target();
        int mark = target.indexOf('?');
        String compared;
        try {
            compared = RoutePath.normalise(mark < 0 ? target : target.substring(0, mark))
                    .compared();
        } catch (RoutePath.Ambiguous e) {
            return List.of();
        }
        for (Candidate candidate : all) {
            if (candidate.compiled.route == winner) continue;
            String why = pathMismatch(candidate.match.path(), compared);
            if (why == null) why = candidate.mismatch(asked, compared, mark < 0 ? "" : target.substring(mark + 1));
            losers.add(new RejectedRule(
                    "route " + candidate.compiled.route.name(),
                    why == null ? "it fits too, but another is more specific" : why));
        }
        return losers;
    }

    private static @Nullable String pathMismatch(HttpRoute.Path path, String compared) {
        return switch (path.type()) {
            case EXACT -> compared.equals(path.value()) ? null : "the path is not " + path.value();
            case REGULAR_EXPRESSION -> null;
            case PATH_PREFIX -> {
                boolean fits = path.value().equals("/")
                        || compared.startsWith(path.value())
                                && (compared.length() == path.value().length()
                                        || compared.charAt(path.value().length()) == '/');
                yield fits ? null : "the path does not begin with " + path.value();
            }
        };
    }
}
