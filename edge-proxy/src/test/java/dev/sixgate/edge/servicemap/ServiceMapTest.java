package dev.sixgate.edge.servicemap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ServiceMapTest {
    private final AtomicInteger decided = new AtomicInteger();
    private final ServiceMap<String> map = new ServiceMap<>(
            (rules, host) -> {
                decided.incrementAndGet();
                List<Rule> found = rules == null ? List.of() : rules.matching(host);
                return found.isEmpty() ? "" : found.getFirst().name();
            },
            decision -> !decision.isEmpty());

    @Test
    void a_host_is_decided_once_and_then_found_in_the_cache() {
        map.replace(List.of(Apps.http("a", 80, "a.example.com")));
        assertThat(map.find(80, "a.example.com")).isEqualTo("a.http host a.example.com");
        assertThat(map.find(80, "a.example.com")).isEqualTo("a.http host a.example.com");
        assertThat(decided).hasValue(1);
    }

    @Test
    void new_apps_are_seen_at_once_whatever_was_cached() {
        map.replace(List.of(Apps.http("a", 80, "a.example.com")));
        assertThat(map.find(80, "b.example.com")).isEmpty();
        map.replace(List.of(Apps.http("b", 80, "b.example.com")));
        assertThat(map.find(80, "b.example.com")).isEqualTo("b.http host b.example.com");
        assertThat(map.find(80, "a.example.com")).isEmpty();
    }

    @Test
    void a_flood_of_invented_names_stays_bounded_and_pushes_out_no_real_one() {
        map.replace(List.of(Apps.http("a", 80, "a.example.com")));
        map.find(80, "a.example.com");
        for (int i = 0; i < 100_000; i++) map.find(80, "h" + i + ".invented.example");
        long bound = ServiceMap.MAX_MISSING_WEIGHT / 64;
        assertThat(map.cachedEntries()).isLessThanOrEqualTo(bound + 1);
        decided.set(0);
        map.find(80, "a.example.com");
        assertThat(decided).hasValue(0);
    }

    @Test
    void a_name_too_long_to_be_one_matches_only_any_host_and_is_not_cached() {
        map.replace(List.of(Apps.http("a", 80, "*.example.com"), Apps.http("rest", 80)));
        String host = "x".repeat(60_000) + ".example.com";
        assertThat(map.find(80, host)).isEqualTo("rest.http any host");
        assertThat(map.cachedEntries()).isZero();
    }

    @Test
    void a_port_that_nobody_has_finds_nothing() {
        assertThat(map.find(81, "a.example.com")).isEmpty();
        assertThat(map.cachedEntries()).isZero();
    }

    @Test
    void of_two_apps_with_one_name_the_first_keeps_it() {
        map.replace(List.of(Apps.http("first", 80, "a.example.com"), Apps.http("second", 80, "a.example.com")));
        assertThat(map.find(80, "a.example.com")).isEqualTo("first.http host a.example.com");
    }
}
