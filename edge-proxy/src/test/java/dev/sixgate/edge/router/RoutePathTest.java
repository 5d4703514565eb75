package dev.sixgate.edge.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutePathTest {
    @ParameterizedTest
    @CsvSource({
        "/, /, /",
        "/a/b, /a/b, /a/b",
        "/a/b/, /a/b/, /a/b/",
        "/%61dmin, /admin, /%61dmin",
        "/a%2d%7e, /a-~, /a%2d%7e",
        "/a%3fb, /a%3Fb, /a%3fb",
        "//admin, /admin, //admin",
        "/a///b/, /a/b/, /a///b/",
        "/a/../b, /b, /b",
        "/a/./b, /a/b, /a/b",
        "/a/b/.., /a/, /a/",
        "/a/b/., /a/b/, /a/b/",
        "/../../etc, /etc, /etc",
        "/a/%2e%2E/b, /b, /b",
        "/.%2e/b, /b, /b",
        "/.well-known/x, /.well-known/x, /.well-known/x",
        "/a/..b/c., /a/..b/c., /a/..b/c.",
        "*, *, *"
    })
    void a_path_is_compared_and_forwarded(String path, String compared, String forwarded) throws Exception {
        assertThat(RoutePath.normalise(path)).isEqualTo(new RoutePath.Normal(compared, forwarded));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00", "/a//../b", "/a%", "/a%2", "/a%zz", "//%2e%2e/x"
            })
    void what_could_be_read_in_two_ways_is_refused(String path) {
        assertThatThrownBy(() -> RoutePath.normalise(path)).isInstanceOf(RoutePath.Ambiguous.class);
    }

    @Test
    void what_is_forwarded_is_compared_as_before_and_nothing_climbs_out() throws Exception {
        Random random = new Random(5);
        String[] pieces = {"/", "a", ".", "..", "%2e", "%61", "//", "b", "%2f", "-", "%3F"};
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder path = new StringBuilder("/");
            for (int k = random.nextInt(8); k > 0; k--) path.append(pieces[random.nextInt(pieces.length)]);
            try {
                RoutePath.Normal normal = RoutePath.normalise(path.toString());
                assertThat(normal.compared()).startsWith("/").doesNotContain("//");
                assertThat(normal.compared() + "/").doesNotContain("/../").doesNotContain("/./");
                assertThat(RoutePath.normalise(normal.forwarded()).compared()).isEqualTo(normal.compared());
            } catch (RoutePath.Ambiguous e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 40_000);
    }
}
