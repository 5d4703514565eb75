package dev.sixgate.edge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServedKeysTest {
    private static final long SECOND = 1_000_000_000L;
    private static final KeySet FIRST = keys();
    private static final KeySet SECOND_SET = keys();

    private final ServedKeys keys = new ServedKeys(Duration.ofMinutes(1));
    private final List<@Nullable KeySet> told = new ArrayList<>();

    private static KeySet keys() {
        KeySet parsed = KeySet.parse("{\"keys\":[]}");
        if (parsed == null) throw new AssertionError("an empty set is one");
        return parsed;
    }

    private boolean get(@Nullable KeySet newer, long seconds) {
        return keys.get(newer, seconds * SECOND, told::add);
    }

    @Test
    void one_question_answers_all_who_wait() {
        assertThat(get(null, 0)).isTrue();
        assertThat(get(null, 0)).isFalse();
        assertThat(told).isEmpty();
        keys.answered(FIRST, SECOND);
        assertThat(told).containsExactly(FIRST, FIRST);
        assertThat(get(null, 2)).isFalse();
        assertThat(told).hasSize(3);
    }

    @Test
    void old_keys_serve_while_new_ones_are_asked_for_and_when_there_is_no_answer() {
        get(null, 0);
        keys.answered(FIRST, 0);
        assertThat(get(null, 61)).as("asked again").isTrue();
        assertThat(get(null, 61)).as("already under way").isFalse();
        keys.answered(null, 62 * SECOND);
        assertThat(get(null, 63)).isFalse();
        assertThat(told).containsOnly(FIRST).hasSize(4);
    }

    @Test
    void a_key_that_is_not_there_is_asked_for_and_made_up_ones_do_not_ask_each_time() {
        get(null, 0);
        keys.answered(FIRST, 0);
        told.clear();
        assertThat(get(FIRST, 9)).as("too soon").isFalse();
        assertThat(told).containsExactly(FIRST);
        assertThat(get(FIRST, 10)).isTrue();
        keys.answered(SECOND_SET, 11 * SECOND);
        assertThat(told).containsExactly(FIRST, SECOND_SET);
        assertThat(get(FIRST, 12)).as("newer ones are there").isFalse();
        assertThat(told).endsWith(SECOND_SET);
    }

    @Test
    void after_a_failure_nobody_waits_for_a_while_and_then_it_is_tried_again() {
        get(null, 0);
        keys.answered(null, 0);
        assertThat(get(null, 1)).isFalse();
        assertThat(told).hasSize(2).containsOnlyNulls();
        assertThat(get(null, 11)).isTrue();
        keys.answered(FIRST, 12 * SECOND);
        assertThat(told).endsWith(FIRST);
    }

    @Test
    void those_who_wait_are_bounded() {
        for (int i = 0; i <= ServedKeys.MAX_WAITING; i++) get(null, 0);
        assertThat(told).hasSize(1).containsOnlyNulls();
    }
}
