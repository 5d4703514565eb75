package dev.sixgate.edge.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostRouterTest {
    private final HostRouter router = new HostRouter(List.of(
            Apps.http("rest", 80),
            Apps.http("wide", 80, "*.example.com"),
            Apps.http("narrow", 80, "*.shop.example.com"),
            Apps.http("exact", 80, "www.shop.example.com", "example.com"),
            Apps.http("other-port", 81, "www.shop.example.com")));

    @ParameterizedTest
    @CsvSource({
        "www.shop.example.com,  exact.http host www.shop.example.com",
        "www.shop.example.com., exact.http host www.shop.example.com",
        "api.shop.example.com,  narrow.http host *.shop.example.com",
        "a.b.shop.example.com,  narrow.http host *.shop.example.com",
        "shop.example.com,      wide.http host *.example.com",
        "example.com,           exact.http host example.com",
        "example.org,           rest.http any host",
        "'',                    rest.http any host",
        "*,                     rest.http any host",
        "*.example.com,         wide.http host *.example.com",
        "127.0.0.1,             rest.http any host",
    })
    void the_most_specific_rule_wins_whatever_the_order(String host, String rule) {
        assertThat(router.route(80, host).route())
                .isNotNull()
                .extracting(Route::rule)
                .isEqualTo(rule);
    }

    @Test
    void every_loser_says_its_first_failing_condition() {
        assertThat(router.route(80, "api.shop.example.com").rejected())
                .containsExactly(
                        new RejectedRule(
                                "wide.http host *.example.com",
                                "*.example.com fits too, but *.shop.example.com is more specific"),
                        new RejectedRule(
                                "rest.http any host", "any host fits too, but *.shop.example.com is more specific"),
                        new RejectedRule(
                                "exact.http host www.shop.example.com", "the host is not www.shop.example.com"),
                        new RejectedRule("exact.http host example.com", "the host is not example.com"));
    }

    @Test
    void without_a_winner_the_losers_are_still_told() {
        var narrow = new HostRouter(List.of(Apps.http("a", 80, "*.a.example"), Apps.http("b", 80, "b.example")));
        assertThat(narrow.route(80, "c.example").route()).isNull();
        assertThat(narrow.route(80, "c.example").rejected())
                .containsExactly(
                        new RejectedRule("a.http host *.a.example", "the host does not end in .a.example"),
                        new RejectedRule("b.http host b.example", "the host is not b.example"));
        assertThat(narrow.route(80, "").rejected().getLast().why())
                .isEqualTo("the client named no host, and this rule wants b.example");
    }

    @Test
    void a_port_with_thousands_of_names_lists_a_few_and_counts_the_rest() {
        List<App> apps = IntStream.range(0, 2000)
                .mapToObj(i -> Apps.http("a" + i, 80, "h" + i + ".example"))
                .toList();
        List<RejectedRule> rejected =
                new HostRouter(apps).route(80, "h7.example").rejected();
        assertThat(rejected).hasSize(HostRouter.MAX_REJECTED + 1);
        assertThat(rejected.getLast().rule()).isEqualTo("and " + (1999 - HostRouter.MAX_REJECTED) + " more");
    }

    @Test
    void a_route_that_was_handed_out_keeps_its_app_after_a_reload() {
        Route before = router.route(80, "example.org").route();
        router.replace(List.of(Apps.http("new", 80)));
        assertThat(before).isNotNull();
        assertThat(before.app().name()).isEqualTo("rest");
        assertThat(router.route(80, "example.org").route())
                .isNotNull()
                .extracting(Route::rule)
                .isEqualTo("new.http any host");
    }
}
