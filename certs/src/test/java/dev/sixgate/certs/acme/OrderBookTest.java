package dev.sixgate.certs.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.acme.OrderBook.Due;
import dev.sixgate.certs.acme.OrderBook.Past;
import dev.sixgate.certs.ca.DevelopmentCa;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrderBookTest {
    private static final Instant NOW = Instant.parse("2026-11-23T00:00:00Z");

    @TempDir
    Path directory;

    private final OrderBook book = new OrderBook(2, () -> 0.5);
    private KeyAndChain certificate; // of seven days from NOW

    @BeforeEach
    void issue() throws IOException {
        certificate = DevelopmentCa.openOrCreate(directory, () -> NOW).issue(List.of("a.test"));
    }

    @Test
    void a_name_without_a_certificate_is_ordered_at_once() {
        book.add("a.test", null, Past.NONE, NOW);
        assertThat(book.due(NOW)).isEqualTo(new Due.Order("a.test", 0, null));
    }

    @Test
    void a_kept_certificate_is_ordered_anew_at_half_of_its_short_life_and_not_before() {
        book.add("a.test", certificate, Past.NONE, NOW);
        book.windowTold("a.test", null, NOW.plus(Duration.ofDays(1)), NOW);
        assertThat(book.due(NOW)).isNull();
        Instant half = NOW.plus(Duration.ofHours(84));
        assertThat(book.due(half)).isEqualTo(new Due.Order("a.test", 0, certificate));
    }

    @Test
    void a_cas_window_is_asked_for_at_once_then_again_and_decides() {
        book.add("a.test", null, Past.NONE, NOW);
        book.issued("a.test", certificate, NOW);
        assertThat(book.due(NOW)).isEqualTo(new Due.AskWindow("a.test", certificate));
        var window = new RenewalPlan.Window(NOW.plus(Duration.ofHours(10)), NOW.plus(Duration.ofHours(12)));
        book.windowTold("a.test", window, null, NOW);
        assertThat(book.due(NOW)).isNull();
        assertThat(book.nextAt()).isEqualTo(NOW.plus(Duration.ofHours(6)));
        assertThat(book.due(NOW.plus(Duration.ofHours(6)))).isInstanceOf(Due.AskWindow.class);
        assertThat(book.due(NOW.plus(Duration.ofHours(11)))).isInstanceOf(Due.Order.class);
    }

    @Test
    void failures_wait_longer_each_and_the_fourth_attempt_goes_to_the_second_directory() {
        book.add("a.test", null, Past.NONE, NOW);
        Instant now = NOW;
        for (int failure = 1; failure <= 3; failure++) {
            assertThat(book.due(now)).isEqualTo(new Due.Order("a.test", 0, null));
            Past past = book.failed("a.test", "no", null, now);
            assertThat(past.failures()).isEqualTo(failure);
            assertThat(book.due(now)).isNull();
            now = past.nextAttempt();
            assertThat(book.nextAt()).isEqualTo(now);
        }
        assertThat(book.due(now)).isEqualTo(new Due.Order("a.test", 1, null));
        book.issued("a.test", certificate, now);
        assertThat(book.status().getFirst().failures()).isZero();
        assertThat(book.status().getFirst().lastError()).isNull();
    }

    @Test
    void failures_of_a_former_life_count() {
        Past past = new Past(3, NOW.plusSeconds(60), "limited");
        book.add("a.test", null, past, NOW);
        assertThat(book.due(NOW)).isNull();
        assertThat(book.due(NOW.plusSeconds(60))).isEqualTo(new Due.Order("a.test", 1, null));
    }

    @Test
    void a_ca_that_says_when_to_come_back_is_believed_for_a_day_at_most() {
        book.add("a.test", null, Past.NONE, NOW);
        assertThat(book.failed("a.test", "limited", NOW.plus(Duration.ofHours(3)), NOW)
                        .nextAttempt())
                .isEqualTo(NOW.plus(Duration.ofHours(3)));
        assertThat(book.failed("a.test", "limited", NOW.plus(Duration.ofDays(30)), NOW)
                        .nextAttempt())
                .isEqualTo(NOW.plus(Duration.ofDays(1)));
    }

    @Test
    void what_has_no_certificate_goes_before_what_is_due_for_renewal() {
        Instant later = NOW.plus(Duration.ofDays(4));
        book.add("a.test", certificate, Past.NONE, NOW);
        book.add("b.test", null, Past.NONE, NOW);
        assertThat(book.due(later)).isEqualTo(new Due.Order("b.test", 0, null));
    }

    @Test
    void names_that_left_the_configuration_are_forgotten_even_while_they_are_ordered() {
        book.add("a.test", null, Past.NONE, NOW);
        book.retain(List.of());
        book.issued("a.test", certificate, NOW);
        assertThat(book.due(NOW)).isNull();
        assertThat(book.status()).isEmpty();
        assertThat(book.nextAt()).isEqualTo(Instant.MAX);
    }
}
