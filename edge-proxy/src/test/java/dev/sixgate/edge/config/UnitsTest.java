package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({"250ms, PT0.25S", "10s, PT10S", "1.5m, PT1M30S", "2h, PT2H", "7d, PT168H", "0s, PT0S", "1 s, PT1S"})
    void durations_are_a_number_and_a_unit(String text, Duration duration) {
        assertThat(Units.duration(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @CsvSource({
        "1B, 1",
        "64KiB, 65536",
        "1.5MiB, 1572864",
        "1GiB, 1073741824",
        "5kB, 5000",
        "5MB, 5000000",
        "2GB, 2000000000"
    })
    void sizes_are_a_number_and_a_unit(String text, long bytes) {
        assertThat(Units.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "s", "-1s", "1", "1S", "1w", "1.s", "1e3s", "1s2", "999999999999d", "0.0000001ms", "١s"})
    void anything_else_is_no_duration(String text) {
        assertThat(Units.duration(text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1kb", "1K", "0.5B", "999999999999GiB"})
    void anything_else_is_no_size(String text) {
        assertThat(Units.bytes(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"PT0S, 0s", "PT0.25S, 250ms", "PT90S, 90s", "PT2H, 2h", "PT48H, 2d", "PT2M, 2m"})
    void durations_are_shown_as_operators_write_them(Duration duration, String text) {
        assertThat(Units.text(duration)).isEqualTo(text);
        assertThat(Units.duration(text)).isEqualTo(duration);
    }
}
