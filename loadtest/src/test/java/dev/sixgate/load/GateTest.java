package dev.sixgate.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateTest {
    /** 1,000 requests in 10 s: 990 of 10 ms, 10 of 80 ms; one failed. */
    private static final Summary SUMMARY = summary();

    @ParameterizedTest
    @CsvSource({
        "p50<11ms, true",
        "p50<10000us, false",
        "p99<50ms, true",
        "p99.5<50ms, false",
        "p99.5<=0.1s, true",
        "max<80ms, false",
        "mean<11ms, true",
        "errors<0.1%, false",
        "errors<=0.1%, true",
        "errors<2, true",
        "errors<1, false",
        "rate>=100/s, true",
        "rate>100, false",
        "requests>=1000, true",
        "P99 < 50 ms, true",
    })
    void a_gate_compares_what_was_measured_with_its_bound(String text, boolean holds) {
        assertThat(Gate.parse(text))
                .singleElement()
                .satisfies(gate -> assertThat(gate.holds(SUMMARY)).isEqualTo(holds));
    }

    @Test
    void several_gates_are_separated_by_commas() {
        assertThat(Gate.parse("p99<50ms, errors<0.1%"))
                .extracting(Gate::text)
                .containsExactly("p99<50ms", "errors<0.1%");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "p99 | write a metric, a sign and a number",
                "'' | write a metric, a sign and a number",
                "p99<50ms; | write a metric, a sign and a number",
                "p99<50ms,, | write a metric, a sign and a number",
                "p99<50 | write \"p99<50ms\" if you mean milliseconds",
                "p99<50% | a time has the unit us, ms or s",
                "p101<5ms | unknown metric \"p101\"",
                "p0<5ms | unknown metric \"p0\"",
                "p9.9.9<5ms | unknown metric \"p9.9.9\"",
                "latency<5ms | unknown metric \"latency\"; known are p50",
                "errors<5ms | the unit here is % or nothing",
                "rate>5% | the unit here is /s",
                "p99=5ms | use < or >",
            })
    void a_gate_that_cannot_be_read_says_what_to_write(String text, String mend) {
        assertThatThrownBy(() -> Gate.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(mend);
    }

    @Test
    void a_run_without_a_request_holds_no_gate() {
        Summary nothing = new Summary(0, 0, 1_000_000_000, new Histogram(3), Map.of());
        Gate gate = Gate.parse("errors<1%").getFirst();
        assertThat(gate.holds(nothing)).isFalse();
        assertThat(gate.verdict(nothing)).contains("FAILED").contains("no request was made");
    }

    @Test
    void the_verdict_names_the_gate_and_the_value_found() {
        assertThat(Gate.parse("max<50ms").getFirst().verdict(SUMMARY))
                .contains("max<50ms")
                .contains("FAILED: it was 80.0 ms");
        assertThat(Gate.parse("errors<1%").getFirst().verdict(SUMMARY)).contains("held: it was 0.10%");
    }

    @Test
    void the_summary_shows_counts_rate_latencies_and_the_commonest_failures() {
        assertThat(SUMMARY.text().lines())
                .containsExactly(
                        "requests  1,000 in 10.0 s",
                        "rate      100.0/s",
                        "errors    1 (0.10%)",
                        "latency   p50 10.0 ms   p90 10.0 ms   p99 10.0 ms   p99.9 80.0 ms   max 80.0 ms",
                        "failed    1 × status 503");
    }

    private static Summary summary() {
        Histogram latencies = new Histogram(Duration.ofMinutes(1).toNanos(), 3);
        latencies.recordValueWithCount(10_000_000, 990);
        latencies.recordValueWithCount(80_000_000, 10);
        return new Summary(999, 1, Duration.ofSeconds(10).toNanos(), latencies, Map.of("status 503", 1L));
    }
}
