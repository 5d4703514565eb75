package dev.sixgate.mesh.underlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandshakeClockTest {
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    private Path directory;

    private final List<Runnable> writes = new ArrayList<>();
    private Path file;
    private Instant wall = NOON;
    private long nanos = -7;

    @BeforeEach
    void name() {
        file = directory.resolve("state/handshake-clock");
    }

    @Test
    void it_tells_the_wall_clocks_time_while_that_goes_on() {
        HandshakeClock clock = open();
        assertThat(clock.instant()).isEqualTo(NOON);
        pass(Duration.ofHours(1));
        assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(3600));
    }

    @Test
    void a_clock_set_back_while_we_run_is_passed_over() {
        HandshakeClock clock = open();
        clock.instant();
        wall = NOON.minusSeconds(86_400);
        pass(Duration.ofSeconds(2));
        assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(2));
    }

    @Test
    void after_a_crash_and_a_clock_set_back_every_time_is_above_all_that_were_told() {
        HandshakeClock clock = open();
        Instant last = NOON;
        for (int second = 0; second < 300; second++) {
            pass(Duration.ofSeconds(1));
            last = clock.instant();
            runWrites();
        }
        wall = NOON.minusSeconds(86_400);
        HandshakeClock restarted = open();
        assertThat(restarted.instant()).isAfter(last).isBeforeOrEqualTo(last.plus(HandshakeClock.RESERVE));
        Instant again = restarted.instant();
        pass(Duration.ofSeconds(5));
        assertThat(restarted.instant()).isEqualTo(again.plusSeconds(5));
    }

    @Test
    void many_crashes_in_a_row_still_go_forward() {
        Instant last = NOON;
        for (int crash = 0; crash < 20; crash++) {
            wall = NOON.minusSeconds(crash);
            HandshakeClock clock = open();
            pass(Duration.ofMillis(20));
            Instant told = clock.instant();
            assertThat(told).isAfter(last);
            last = told;
        }
    }

    @Test
    void an_orderly_end_gives_the_reserve_back() {
        HandshakeClock clock = open();
        pass(Duration.ofSeconds(3));
        clock.instant();
        clock.close();
        wall = NOON.minusSeconds(600);
        assertThat(open().instant()).isEqualTo(NOON.plusSeconds(3));
    }

    @Test
    void the_file_is_written_once_in_half_a_reserve_and_not_per_handshake() {
        HandshakeClock clock = open();
        for (int i = 0; i < 10_000; i++) {
            pass(Duration.ofMillis(12));
            clock.instant();
        }
        assertThat(writes).hasSizeBetween(1, 4); // in 120 s
    }

    @Test
    void a_spoilt_file_is_as_none() throws IOException {
        Files.createDirectories(file.getParent());
        for (String text : List.of("", "yesterday", "\u0000\u0000")) {
            Files.writeString(file, text);
            assertThat(open().instant()).isEqualTo(NOON);
        }
    }

    @Test
    void a_file_that_cannot_be_written_does_not_stop_the_clock() throws IOException {
        Files.createDirectories(file.resolve("in the way"));
        HandshakeClock clock = open();
        pass(Duration.ofMinutes(5));
        assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(300));
        runWrites();
        clock.close();
    }

    private HandshakeClock open() {
        return HandshakeClock.open(file, () -> wall, () -> nanos, writes::add);
    }

    private void pass(Duration duration) {
        nanos += duration.toNanos();
        wall = wall.plus(duration);
    }

    private void runWrites() {
        writes.forEach(Runnable::run);
        writes.clear();
    }
}
