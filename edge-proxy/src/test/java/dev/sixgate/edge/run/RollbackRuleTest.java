package dev.sixgate.edge.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RollbackRuleTest {
    private static final long MILLISECOND = 1_000_000;

    @ParameterizedTest
    @CsvSource({
        "p99>250ms, false",
        "p50>90ms, true",
        "p99>80ms, true",
        "p99>80ms|error_rate>50%, true",
        "error_rate>1%, true",
        "errors > 2 %, false",
        "p50>0.05s|errors>99%, true",
    })
    void any_condition_that_holds_is_enough(String rule, boolean broken) {
        Outcomes outcomes = new Outcomes(0);
        for (int i = 0; i < 98; i++) outcomes.ended(false, 100 * MILLISECOND);
        for (int i = 0; i < 2; i++) outcomes.ended(true, -1);
        assertThat(RollbackRule.parse(rule).broken(outcomes) != null).isEqualTo(broken);
    }

    @Test
    void a_few_requests_prove_nothing() {
        Outcomes outcomes = new Outcomes(0);
        for (int i = 1; i < RollbackRule.MIN_REQUESTS; i++) outcomes.ended(true, -1);
        RollbackRule rule = RollbackRule.parse("error_rate>1%");
        assertThat(rule.broken(outcomes)).isNull();
        outcomes.ended(true, -1);
        assertThat(rule.broken(outcomes)).isEqualTo("error_rate>1%: 100.0 % of 20 requests");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "p99", "p99>250", "p0>1ms", "error_rate>1", "p99>1ms|", "latency>1s", "p100>1s"})
    void what_is_no_rule_is_refused_with_an_example(String text) {
        assertThatThrownBy(() -> RollbackRule.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("write p99>250ms");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 8, 9, 1000, 123_456, 100 * MILLISECOND, 3_600_000 * MILLISECOND, Long.MAX_VALUE})
    void a_quantile_is_never_below_the_value_and_at_most_an_eighth_above(long nanos) {
        Outcomes outcomes = new Outcomes(0);
        outcomes.ended(false, nanos);
        long told = outcomes.quantile(0.99).toNanos();
        assertThat(told).isGreaterThanOrEqualTo(nanos);
        assertThat((double) told).isCloseTo(nanos, within(nanos / 8.0));
    }

    @Test
    void a_configuration_is_kept_at_the_end_of_its_time_and_not_before() {
        Trial trial =
                new Trial(RollbackRule.parse("p99>1s"), Duration.ofNanos(100), new Outcomes(0), Long.MAX_VALUE - 50);
        assertThat(trial.judge(Long.MAX_VALUE)).isNull();
        assertThat(trial.state()).isEqualTo(Trial.State.WATCHING);
        assertThat(trial.judge(Long.MIN_VALUE + 49)).isNull();
        assertThat(trial.state()).isEqualTo(Trial.State.KEPT);
    }
}
