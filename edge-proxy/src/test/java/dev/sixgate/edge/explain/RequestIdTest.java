package dev.sixgate.edge.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdTest {
    @Test
    void ids_are_16_hexadecimal_digits_and_never_repeat() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            String id = RequestId.next();
            assertThat(RequestId.isValid(id)).as(id).isTrue();
            assertThat(seen.add(id)).as(id).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "../../etc/passwd"})
    void nothing_else_is_one(String text) {
        assertThat(RequestId.isValid(text)).isFalse();
    }
}
