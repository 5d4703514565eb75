package dev.sixgate.edge.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.health.CheckState.Due;
import dev.sixgate.edge.servicemap.HealthCheck;
import dev.sixgate.edge.servicemap.HealthCheck.Type;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CheckStateTest {
    private static final long SECOND = 1_000_000_000L;

    private long now;

    @Test
    void a_backend_passes_until_it_has_failed_often_enough_in_a_row() {
        CheckState state = state(Duration.ZERO, 2, 3);
        assertThat(state.failing()).isNull();
        fail(state, "a");
        fail(state, "b");
        pass(state);
        fail(state, "c");
        fail(state, "d");
        assertThat(state.failing()).as("a pass breaks the row").isNull();
        fail(state, "e");
        assertThat(state.failing()).isEqualTo("e");
        pass(state);
        fail(state, "f");
        pass(state);
        assertThat(state.failing()).as("a failure breaks the row of passes").isEqualTo("f");
        pass(state);
        assertThat(state.failing()).isNull();
    }

    @Test
    void within_its_grace_period_failures_do_not_count_until_it_has_passed_once() {
        CheckState state = state(Duration.ofSeconds(30), 1, 1);
        while (now < 20 * SECOND) fail(state, "starting");
        assertThat(state.failing()).isNull();
        pass(state);
        fail(state, "down again");
        assertThat(state.failing()).isEqualTo("down again");
    }

    @Test
    void after_its_grace_period_failures_count() {
        CheckState state = state(Duration.ofSeconds(30), 1, 1);
        while (now < 30 * SECOND) {
            assertThat(state.failing()).isNull();
            fail(state, "starting");
        }
        assertThat(state.failing()).isEqualTo("starting");
    }

    @Test
    void a_probe_without_an_answer_fails_at_its_time_out_and_a_late_answer_counts_nothing() {
        CheckState state = state(Duration.ZERO, 1, 1);
        begin(state);
        long begun = now;
        assertThat(state.deadlineNanos()).isEqualTo(begun + SECOND);
        assertThat(state.poll(begun + SECOND - 1)).isEqualTo(Due.NOTHING);
        assertThat(state.poll(begun + SECOND)).isEqualTo(Due.TIMED_OUT);
        assertThat(state.failing()).isEqualTo("no answer within 1000 ms");
        state.passed();
        assertThat(state.failing()).isNotNull();
    }

    @Test
    void probes_begin_an_interval_apart_give_or_take_a_tenth_and_the_first_within_a_second() {
        CheckState state = state(Duration.ZERO, 1, 1);
        assertThat(state.deadlineNanos()).isBetween(0L, SECOND);
        begin(state);
        long least = Long.MAX_VALUE;
        long most = 0;
        for (int i = 0; i < 200; i++) {
            state.passed();
            long before = now;
            begin(state);
            least = Math.min(least, now - before);
            most = Math.max(most, now - before);
        }
        assertThat(least).isBetween(4_500_000_000L, 4_700_000_000L);
        assertThat(most).isBetween(5_300_000_000L, 5_500_000_000L);
    }

    private CheckState state(Duration grace, int healthy, int unhealthy) {
        HealthCheck check = new HealthCheck(
                Type.HTTP,
                "GET",
                "/",
                List.of(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                grace,
                healthy,
                unhealthy);
        return new CheckState(check, new Random(1), now);
    }

    private void begin(CheckState state) {
        assertThat(state.poll(state.deadlineNanos() - 1)).isEqualTo(Due.NOTHING);
        now = state.deadlineNanos();
        assertThat(state.poll(now)).isEqualTo(Due.PROBE);
    }

    private void pass(CheckState state) {
        begin(state);
        state.passed();
    }

    private void fail(CheckState state, String why) {
        begin(state);
        state.failed(why, now);
    }
}
