package dev.sixgate.mesh.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8201 §4 and RFC 8899 §5.3. */
class PathMtuCacheTest {
    private static final int LINK = 1420;
    private static final long SECOND = 1_000_000_000L;
    private static final Ipv6Address NODE = Ipv6Address.parse("fdaa:0:48c8::2");
    private static final Ipv6Address OTHER = Ipv6Address.parse("fdaa:0:48c8::3");

    private final PathMtuCache cache = new PathMtuCache(LINK);
    private long now = -7 * SECOND;

    /** Sends probes over a path of that MTU until none is due for a minute. @return how many were sent */
    private int search(int pathMtu) {
        int probes = 0;
        for (int seconds = 0; seconds < 60; seconds++, now += SECOND) {
            int size = cache.nextProbe(NODE, cache.mtu(NODE, now), now);
            if (size == 0) continue;
            assertThat(size).isGreaterThan(cache.mtu(NODE, now)).isLessThanOrEqualTo(LINK);
            probes++;
            if (size <= pathMtu) cache.onProbePassed(NODE, size, now);
            else cache.onProbeLost(NODE, size, now);
        }
        return probes;
    }

    @Test
    void a_destination_of_which_nothing_is_known_takes_what_the_link_takes() {
        assertThat(cache.mtu(NODE, now)).isEqualTo(LINK);
        assertThat(cache.nextProbe(NODE, LINK, now)).isZero();
        assertThat(cache.known()).isEmpty();
    }

    @Test
    void a_report_counts_for_its_destination_alone_and_never_goes_below_what_IPv6_asks_or_up() {
        int version = cache.version();
        cache.onTooBig(NODE, 1300, now);
        assertThat(cache.version()).isNotEqualTo(version);
        assertThat(cache.mtu(NODE, now)).isEqualTo(1300);
        assertThat(cache.mtu(OTHER, now)).isEqualTo(LINK);
        cache.onTooBig(NODE, 1400, now);
        assertThat(cache.mtu(NODE, now)).isEqualTo(1300);
        cache.onTooBig(NODE, 68, now);
        assertThat(cache.mtu(NODE, now)).isEqualTo(1280);
    }

    @ParameterizedTest
    @ValueSource(ints = {1280, 1281, 1295, 1296, 1311, 1340, 1375, 1376, 1399, 1400, 1407, 1408, 1419, 1420})
    void after_a_black_hole_the_search_ends_at_most_one_step_below_the_path(int pathMtu) {
        cache.onBlackHole(NODE, now);
        assertThat(cache.mtu(NODE, now)).isEqualTo(1280);
        assertThat(search(pathMtu)).isLessThanOrEqualTo(15);
        assertThat(cache.mtu(NODE, now)).isBetween(pathMtu - 15, pathMtu);
        assertThat(search(pathMtu)).as("while settled").isZero();
    }

    @Test
    void a_path_that_grew_is_found_ten_minutes_later() {
        cache.onTooBig(NODE, 1300, now);
        assertThat(search(LINK)).isZero();
        now += 600 * SECOND;
        search(LINK);
        assertThat(cache.mtu(NODE, now)).isEqualTo(LINK);
    }

    @Test
    void one_probe_at_a_time_and_a_second_after_a_loss() {
        cache.onBlackHole(NODE, now);
        assertThat(cache.nextProbe(NODE, 1280, now)).isEqualTo(LINK);
        assertThat(cache.nextProbe(NODE, 1280, now)).as("another connection").isZero();
        cache.onProbeLost(NODE, LINK, now);
        assertThat(cache.nextProbe(NODE, 1280, now)).isZero();
        now += SECOND;
        assertThat(cache.nextProbe(NODE, 1280, now))
                .as("a single loss decides nothing")
                .isEqualTo(LINK);
    }

    @Test
    void what_nobody_asked_about_for_twenty_minutes_is_forgotten_and_the_oldest_makes_room() {
        cache.onTooBig(NODE, 1300, now);
        now += 1201 * SECOND;
        assertThat(cache.mtu(NODE, now)).isEqualTo(LINK);
        for (int i = 0; i < PathMtuCache.MAX_DESTINATIONS + 10; i++) cache.onTooBig(new Ipv6Address(1, i), 1300, now);
        assertThat(cache.known()).hasSize(PathMtuCache.MAX_DESTINATIONS);
        assertThat(cache.mtu(new Ipv6Address(1, 9), now)).isEqualTo(LINK);
        assertThat(cache.mtu(new Ipv6Address(1, 10), now)).isEqualTo(1300);
    }

    @Test
    void a_connection_whose_destination_was_forgotten_begins_the_search_from_where_it_is() {
        assertThat(cache.nextProbe(NODE, 1300, now)).isEqualTo(LINK);
        assertThat(cache.mtu(NODE, now)).isEqualTo(1300);
    }
}
