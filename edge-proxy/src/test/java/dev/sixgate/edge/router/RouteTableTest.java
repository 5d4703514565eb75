package dev.sixgate.edge.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import dev.sixgate.edge.servicemap.HttpRoute.FieldMatch;
import dev.sixgate.edge.servicemap.HttpRoute.Match;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.HttpRoute.Retry;
import dev.sixgate.edge.servicemap.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private final List<HttpRoute> routes = new ArrayList<>();
    private final Random random = new Random(1);

    @Test
    void an_exact_path_goes_before_an_expression_before_the_longest_prefix() throws Exception {
        add("root", path(PathType.PATH_PREFIX, "/"));
        add("api", path(PathType.PATH_PREFIX, "/api"));
        add("api-v1", path(PathType.PATH_PREFIX, "/api/v1"));
        add("expression", path(PathType.REGULAR_EXPRESSION, "/api/v[0-9]+/users"));
        add("exact", path(PathType.EXACT, "/api/v1/users"));
        assertThat(match("GET", "/api/v1/users")).isEqualTo("exact");
        assertThat(match("GET", "/api/v1/users?x=1")).isEqualTo("exact");
        assertThat(match("GET", "/api/v2/users")).isEqualTo("expression");
        assertThat(match("GET", "/api/v1/users/7")).isEqualTo("api-v1");
        assertThat(match("GET", "/api/v1")).isEqualTo("api-v1");
        assertThat(match("GET", "/api/")).isEqualTo("api");
        assertThat(match("GET", "/apis")).isEqualTo("root");
        assertThat(match("GET", "/")).isEqualTo("root");
    }

    @Test
    void within_one_path_a_method_then_more_headers_then_more_parameters_decide() throws Exception {
        add("plain", path(PathType.PATH_PREFIX, "/a"));
        add("parameter", new Match(prefix("/a"), null, List.of(), List.of(field("q", "1"))));
        add("header", new Match(prefix("/a"), null, List.of(field("X-A", "1")), List.of()));
        add("headers", new Match(prefix("/a"), null, List.of(field("X-A", "1"), field("X-B", "2")), List.of()));
        add("method", new Match(prefix("/a"), "POST", List.of(), List.of()));
        assertThat(match("GET", "/a")).isEqualTo("plain");
        assertThat(match("GET", "/a?q=1")).isEqualTo("parameter");
        assertThat(match("GET", "/a?q=1", "x-a", "1")).isEqualTo("header");
        assertThat(match("GET", "/a", "x-a", "1", "x-b", "2")).isEqualTo("headers");
        assertThat(match("POST", "/a", "x-a", "1", "x-b", "2")).isEqualTo("method");
        assertThat(match("GET", "/a", "x-a", "2")).isEqualTo("plain");
    }

    @Test
    void the_order_in_the_file_decides_nothing() throws Exception {
        add("root", path(PathType.PATH_PREFIX, "/"));
        add("a", path(PathType.PATH_PREFIX, "/a"));
        add("a-post", new Match(prefix("/a"), "POST", List.of(), List.of()));
        add("a-b", path(PathType.EXACT, "/a/b"));
        add("twin-1", path(PathType.REGULAR_EXPRESSION, "/t[12]"));
        add("twin-2", path(PathType.REGULAR_EXPRESSION, "/t[23]"));
        List<String> asked = List.of("/", "/a", "/a/b", "/a/c", "/t2", "/t3", "/b");
        List<String> first = new ArrayList<>();
        for (String path : asked) first.add(match("POST", path));
        for (int i = 0; i < 20; i++) {
            Collections.shuffle(routes, random);
            List<String> again = new ArrayList<>();
            for (String path : asked) again.add(match("POST", path));
            assertThat(again).isEqualTo(first);
        }
        assertThat(first).containsExactly("root", "a-post", "a-b", "a-post", "twin-1", "twin-2", "root");
    }

    @Test
    void spellings_of_one_path_find_one_route() throws Exception {
        add("admin", path(PathType.PATH_PREFIX, "/admin"));
        add("site", path(PathType.PATH_PREFIX, "/"));
        for (String spelled :
                List.of("/admin", "//admin", "/%61dmin/x", "/x/../admin", "/./admin", "/x/%2e%2e/admin/", "/admin//x"))
            assertThat(match("GET", spelled)).as(spelled).isEqualTo("admin");
    }

    @Test
    void a_parameter_is_compared_as_it_is_meant() throws Exception {
        add("any", path(PathType.PATH_PREFIX, "/"));
        add("one", new Match(prefix("/"), null, List.of(), List.of(field("a b", "c&d"))));
        add("many", new Match(prefix("/"), null, List.of(), List.of(new FieldMatch("n", true, "[0-9]+"))));
        assertThat(match("GET", "/?x&a+b=c%26d")).isEqualTo("one");
        assertThat(match("GET", "/?a%20b=c%26d&a%20b=z")).isEqualTo("one");
        assertThat(match("GET", "/?a+b=z&a+b=c%26d")).as("the first counts").isEqualTo("any");
        assertThat(match("GET", "/?n=42")).isEqualTo("many");
        assertThat(match("GET", "/?n=42x")).isEqualTo("any");
        assertThat(match("GET", "/?n=%zz")).isEqualTo("any");
    }

    @Test
    void weights_share_requests_and_zero_takes_none() throws Exception {
        App api = Apps.http("api", 80, "api.example");
        App next = Apps.http("next", 80, "next.example");
        App old = Apps.http("old", 80, "old.example");
        routes.add(new HttpRoute(
                "split",
                List.of(Match.ANYTHING),
                List.of(),
                List.of(
                        new BackendRef("api", "http", 95),
                        new BackendRef("next", "", 5),
                        new BackendRef("old", "http", 0)),
                Duration.ZERO,
                Duration.ZERO,
                Retry.DEFAULT));
        RouteTable table = table(Map.of("api", api, "next", next, "old", old));
        int[] taken = new int[2];
        for (int i = 0; i < 10_000; i++) {
            RouteTable.Matched matched = table.match(asked("GET", "/"), random);
            assertThat(matched.app()).isNotSameAs(old);
            taken[matched.app() == api ? 0 : 1]++;
        }
        assertThat(taken[1]).isBetween(400, 600);
    }

    @Test
    void without_a_fitting_route_there_is_none_and_each_says_why() throws Exception {
        add("api", new Match(prefix("/api"), "POST", List.of(field("X-A", "1")), List.of()));
        add("v", path(PathType.REGULAR_EXPRESSION, "/v[0-9]"));
        assertThat(match("GET", "/x")).isNull();
        assertThat(table(Map.of()).losers(asked("GET", "/x"), null))
                .extracting(Object::toString)
                .containsExactly(
                        "RejectedRule[rule=route v, why=the path does not match /v[0-9]]",
                        "RejectedRule[rule=route api, why=the path does not begin with /api]");
        assertThat(table(Map.of()).losers(asked("POST", "/api"), null))
                .extracting(Object::toString)
                .contains("RejectedRule[rule=route api, why=not true: header X-A is 1]");
    }

    @Test
    void an_evil_expression_takes_linear_time() throws Exception {
        add("evil", path(PathType.REGULAR_EXPRESSION, "/(a|a|aa)*b"));
        assertThat(match("GET", "/" + "a".repeat(20_000))).isNull();
    }

    private void add(String name, Match match) {
        routes.add(
                new HttpRoute(name, List.of(match), List.of(), List.of(), Duration.ZERO, Duration.ZERO, Retry.DEFAULT));
    }

    private static HttpRoute.Path prefix(String value) {
        return new HttpRoute.Path(PathType.PATH_PREFIX, value);
    }

    private static Match path(PathType type, String value) {
        return new Match(new HttpRoute.Path(type, value), null, List.of(), List.of());
    }

    private static FieldMatch field(String name, String value) {
        return new FieldMatch(name, false, value);
    }

    private @Nullable String match(String method, String target, String... fields) throws Exception {
        RouteTable.Matched matched = table(Map.of()).match(asked(method, target, fields), random);
        return matched == null ? null : matched.route().name();
    }

    private RouteTable table(Map<String, App> apps) {
        Service service = new Service("http", List.of(), 8080, List.of(), BackendPolicy.DEFAULT, routes);
        return RouteTable.of(Apps.app("own", List.of(), service), service, apps::get);
    }

    static RouteTable.Asked asked(String method, String target, String... fields) {
        return new RouteTable.Asked() {
            @Override
            public String method() {
                return method;
            }

            @Override
            public String target() {
                return target;
            }

            @Override
            public @Nullable String field(String name) {
                for (int i = 0; i < fields.length; i += 2) if (fields[i].equalsIgnoreCase(name)) return fields[i + 1];
                return null;
            }
        };
    }
}
