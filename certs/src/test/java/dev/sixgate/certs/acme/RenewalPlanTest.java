package dev.sixgate.certs.acme;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RenewalPlanTest {
    private static final Instant START = Instant.parse("2026-11-23T00:00:00Z");

    @Test
    void a_long_life_is_renewed_by_two_thirds_and_a_short_one_by_half() {
        assertThat(RenewalPlan.renewAt(START, START.plus(Duration.ofDays(90)), null, 0))
                .isEqualTo(START.plus(Duration.ofDays(60)));
        assertThat(RenewalPlan.renewAt(START, START.plus(Duration.ofHours(160)), null, 0))
                .isEqualTo(START.plus(Duration.ofHours(80)));
    }

    @Test
    void certificates_of_one_moment_are_not_renewed_at_one_moment() {
        Instant end = START.plus(Duration.ofDays(90));
        assertThat(RenewalPlan.renewAt(START, end, null, 1))
                .isBetween(START.plus(Duration.ofDays(58)), START.plus(Duration.ofDays(59)));
    }

    @Test
    void the_cas_window_goes_first_and_never_reaches_past_the_end() {
        Instant end = START.plus(Duration.ofDays(90));
        var window = new RenewalPlan.Window(START.plus(Duration.ofDays(10)), START.plus(Duration.ofDays(12)));
        assertThat(RenewalPlan.renewAt(START, end, window, 0.5)).isEqualTo(START.plus(Duration.ofDays(11)));
        var late = new RenewalPlan.Window(START.plus(Duration.ofDays(95)), START.plus(Duration.ofDays(99)));
        assertThat(RenewalPlan.renewAt(START, end, late, 0.5)).isEqualTo(end);
        var reversed = new RenewalPlan.Window(START.plus(Duration.ofDays(12)), START.plus(Duration.ofDays(10)));
        assertThat(RenewalPlan.renewAt(START, end, reversed, 0)).isEqualTo(START.plus(Duration.ofDays(60)));
    }

    @Test
    void retries_double_from_a_minute_to_six_hours_within_a_fifth() {
        assertThat(RenewalPlan.retryAfter(1, 0.5)).isEqualTo(Duration.ofMinutes(1));
        assertThat(RenewalPlan.retryAfter(4, 0.5)).isEqualTo(Duration.ofMinutes(8));
        assertThat(RenewalPlan.retryAfter(1000, 0)).isEqualTo(Duration.ofMinutes(288));
        assertThat(RenewalPlan.retryAfter(1000, 1)).isEqualTo(Duration.ofMinutes(432));
    }

    @Test
    void a_second_directory_has_its_turn_after_three_failures_and_the_first_again_after_six() {
        assertThat(RenewalPlan.directory(2, 2)).isZero();
        assertThat(RenewalPlan.directory(3, 2)).isOne();
        assertThat(RenewalPlan.directory(6, 2)).isZero();
        assertThat(RenewalPlan.directory(9, 1)).isZero();
    }
}
