package dev.sixgate.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv6RangeTest {
    @ParameterizedTest // RFC 5952 §4
    @CsvSource({
        "2001:0db8::0001, 2001:db8::1",
        "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "FDAA:0:48C8:A7B:228:4B6D:6E20:2, fdaa:0:48c8:a7b:228:4b6d:6e20:2",
        "::, ::",
        "::1, ::1",
        "fdaa::, fdaa::",
        "0:0:0:1::, 0:0:0:1::",
    })
    void addresses_have_one_spelling(String written, String shown) {
        assertThat(Ipv6Range.text(Objects.requireNonNull(Ipv6Range.address(written))))
                .isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "[::1]", "example.com", "", ":", "1:2:3"})
    void nothing_but_a_plain_ipv6_literal_is_an_address(String text) {
        assertThat(Ipv6Range.address(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "fdaa::/16, fdaa:1::2, true",
        "fdaa::/16, fdab::2, false",
        "fdaa:0:48c8::/45, fdaa:0:48cf::1, true",
        "fdaa:0:48c8::/45, fdaa:0:48d0::1, false",
        "fdaa::2/128, fdaa::3, false",
        "::/0, 2001:db8::1, true",
    })
    void a_prefix_contains_what_begins_alike(String range, String address, boolean inside) {
        assertThat(Ipv6Range.parse(range).contains(Objects.requireNonNull(Ipv6Range.address(address))))
                .isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/8", "fdaa::", "fdaa::/129", "fdaa::/-1", "/16", "fdaa::/x"})
    void what_is_no_prefix_is_told(String text) {
        assertThatThrownBy(() -> Ipv6Range.parse(text)).hasMessageContaining("is no IPv6 prefix");
    }
}
