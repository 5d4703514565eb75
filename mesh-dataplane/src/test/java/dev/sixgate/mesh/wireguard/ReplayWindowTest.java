package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayWindowTest {
    private final ReplayWindow window = new ReplayWindow();

    @Test
    void each_counter_is_accepted_once_in_any_order_within_8128() {
        assertThat(take(0)).isTrue();
        assertThat(take(0)).isFalse();
        assertThat(take(9000)).isTrue();
        assertThat(take(9000 - 8128)).isTrue();
        assertThat(take(9000 - 8128)).isFalse();
        assertThat(take(9000 - 8129)).isFalse();
        assertThat(take(8999)).isTrue();
        assertThat(take(8999)).isFalse();
        assertThat(take(1)).isFalse();
    }

    @Test
    void a_leap_forgets_what_lies_behind_and_nothing_else() {
        for (int i = 0; i < 100; i++) assertThat(take(i)).isTrue();
        assertThat(take(1L << 40)).isTrue();
        for (long i = (1L << 40) - 8128; i < 1L << 40; i++) assertThat(take(i)).isTrue();
        for (long i = (1L << 40) - 8128; i <= 1L << 40; i++) assertThat(take(i)).isFalse();
        assertThat(take(50)).isFalse();
    }

    @Test
    void counters_are_unsigned() {
        assertThat(take(5)).isTrue();
        assertThat(take(Long.MAX_VALUE)).isTrue();
        assertThat(take(Long.MIN_VALUE)).isTrue();
        assertThat(take(Long.MIN_VALUE + 3)).isTrue();
        assertThat(take(Long.MAX_VALUE)).isFalse();
        assertThat(take(Long.MAX_VALUE - 2)).isTrue();
        assertThat(take(Protocol.REJECT_AFTER_MESSAGES - 1)).isTrue();
        assertThat(take(6)).isFalse();
    }

    @Test
    void asking_changes_nothing() {
        assertThat(window.accepts(1 << 20)).isTrue();
        assertThat(window.accepts(1 << 20)).isTrue();
        assertThat(take(3)).isTrue();
        assertThat(take(2)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void it_agrees_with_a_set_of_all_counters_ever_seen(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Set<Long> seen = new HashSet<>();
        long highest = 0;
        for (int i = 0; i < 20_000; i++) {
            long counter = switch (random.nextInt(20)) {
                case 0 -> highest + random.nextInt(20_000);
                case 1 -> Math.max(0, highest - 8128 + random.nextInt(-2, 3));
                case 2, 3, 4, 5 -> highest + 1 + random.nextInt(3);
                case 6 -> highest + 64L * random.nextInt(130);
                default -> Math.max(0, highest - random.nextInt(9000));
            };
            boolean expected = !seen.contains(counter) && (counter > highest || highest - counter <= 8128);
            assertThat(take(counter)).as("%d at %d", counter, highest).isEqualTo(expected);
            if (!expected) continue;
            seen.add(counter);
            highest = Math.max(highest, counter);
        }
    }

    private boolean take(long counter) {
        if (!window.accepts(counter)) return false;
        window.commit(counter);
        return true;
    }
}
