package dev.sixgate.edge.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.RateLimit;
import dev.sixgate.edge.servicemap.RateLimit.Key;
import dev.sixgate.edge.servicemap.RateLimit.Kind;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimiterTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Key CLIENT = new Key(Kind.CLIENT_IP, "");

    private final RateLimiter limiter = new RateLimiter();

    @Test
    void a_burst_passes_then_one_for_every_interval() {
        RateLimit limit = limit(10, 3, CLIENT);
        for (int i = 0; i < 3; i++) assertThat(check(limit, "192.0.2.1", 0)).isZero();
        assertThat(check(limit, "192.0.2.1", 0)).isEqualTo(SECOND / 10);
        assertThat(check(limit, "192.0.2.1", SECOND / 10 - 1)).isEqualTo(1);
        assertThat(check(limit, "192.0.2.1", SECOND / 10)).isZero();
        assertThat(check(limit, "192.0.2.1", SECOND / 10)).isPositive();
        for (int i = 0; i < 3; i++)
            assertThat(check(limit, "192.0.2.1", 100 * SECOND)).as("rested").isZero();
        assertThat(check(limit, "192.0.2.1", 100 * SECOND)).isPositive();
    }

    @Test
    void over_a_long_time_the_rate_is_exact() {
        RateLimit limit = limit(50, 100, CLIENT);
        int passed = 0;
        for (long now = 0; now < 60 * SECOND; now += SECOND / 1000) if (check(limit, "192.0.2.1", now) == 0) passed++;
        assertThat(passed).isBetween(60 * 50 + 98, 60 * 50 + 100);
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "2001:db8:0:1::1, 2001:db8:0:1:ffff::2, true",
        "2001:db8:0:1::1, 2001:db8:0:2::1, false",
        "192.0.2.1, ::ffff:192.0.2.1, true"
    })
    void ipv4_clients_are_counted_one_by_one_and_ipv6_clients_by_64(String one, String other, boolean same) {
        RateLimit limit = limit(1, 1, CLIENT);
        assertThat(check(limit, one, 0)).isZero();
        assertThat(check(limit, other, 0) > 0).isEqualTo(same);
    }

    @Test
    void headers_routes_and_apps_are_keys_of_their_own() {
        RateLimit byHeader = limit(1, 1, new Key(Kind.HEADER, "x-user"));
        assertThat(ask(byHeader, "a", "s", "r", "/", Map.of("x-user", "one"))).isTrue();
        assertThat(ask(byHeader, "a", "s", "r", "/", Map.of("x-user", "two"))).isTrue();
        assertThat(ask(byHeader, "a", "s", "r", "/", Map.of())).isTrue();
        assertThat(ask(byHeader, "a", "s", "r", "/", Map.of("x-user", "one"))).isFalse();
        String lengthy = "x".repeat(1000);
        assertThat(ask(byHeader, "a", "s", "r", "/", Map.of("x-user", lengthy + "1")))
                .isTrue();
        assertThat(ask(byHeader, "a", "s", "r", "/", Map.of("x-user", lengthy + "2")))
                .isTrue();
        RateLimit byRoute = limit(1, 1, new Key(Kind.ROUTE, ""));
        assertThat(ask(byRoute, "a", "t", "r1", "/", Map.of())).isTrue();
        assertThat(ask(byRoute, "a", "t", "r2", "/", Map.of())).isTrue();
        assertThat(ask(byRoute, "a", "t", "r1", "/", Map.of())).isFalse();
        RateLimit byApp = limit(1, 1, new Key(Kind.APP, ""));
        assertThat(ask(byApp, "b", "s1", "r", "/", Map.of())).isTrue();
        assertThat(ask(byApp, "b", "s2", "r", "/", Map.of())).isFalse();
        assertThat(ask(byApp, "c", "s1", "r", "/", Map.of())).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "EXACT, /login, /login, true",
        "EXACT, /login, /login/, false",
        "PATH_PREFIX, /api, /api, true",
        "PATH_PREFIX, /api, /api/v1, true",
        "PATH_PREFIX, /api, /apis, false",
        "PATH_PREFIX, /, /anything, true"
    })
    void a_limit_counts_the_paths_that_it_names(PathType type, String wanted, String asked, boolean counted) {
        RateLimit limit = new RateLimit("l", List.of(), new HttpRoute.Path(type, wanted), SECOND, 1);
        ask(limit, "a", "s", "r", asked, Map.of());
        assertThat(ask(limit, "a", "s", "r", asked, Map.of())).isEqualTo(!counted);
    }

    @Test
    void the_largest_limit_that_can_be_written_does_not_overflow() {
        RateLimit limit = new RateLimit("l", List.of(), null, 86_400 * SECOND, 1_000_000);
        assertThat(check(limit, "192.0.2.1", Long.MAX_VALUE / 2)).isZero();
        assertThat(check(limit, "192.0.2.1", Long.MAX_VALUE / 2)).isZero();
    }

    private static RateLimit limit(int perSecond, int burst, Key... key) {
        return new RateLimit("limit", List.of(key), null, SECOND / perSecond, burst);
    }

    private long check(RateLimit limit, String client, long now) {
        RateLimiter.Denied denied = limiter.check(
                List.of(limit),
                new RateLimiter.Request("app", "service", "rule", InetAddress.ofLiteral(client), "/", name -> null),
                now);
        return denied == null ? 0 : denied.retryAfterNanos();
    }

    private boolean ask(
            RateLimit limit, String app, String service, String rule, String path, Map<String, String> headers) {
        InetAddress client = InetAddress.ofLiteral("192.0.2.1");
        return limiter.check(List.of(limit), new RateLimiter.Request(app, service, rule, client, path, headers::get), 0)
                == null;
    }
}
