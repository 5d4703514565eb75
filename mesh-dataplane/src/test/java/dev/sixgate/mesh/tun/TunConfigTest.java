package dev.sixgate.mesh.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TunConfigTest {
    private static final List<Ipv6Address> ADDRESS = List.of(Ipv6Address.parse("fdaa::7"));

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "tun%d", "a/b", "sechzehn-zeichen", "a b", "ü"})
    void a_name_that_linux_would_not_keep_is_refused(String name) {
        assertThatThrownBy(() -> new TunConfig(name, ADDRESS, List.of(), 1420))
                .hasMessageContaining("cannot name a network interface");
    }

    @Test
    void a_device_without_an_address_is_refused() {
        assertThatThrownBy(() -> new TunConfig("sg0", List.of(), List.of(), 1420))
                .hasMessage("the TUN device sg0 has no address; give it one of the mesh");
    }

    @Test
    void a_device_with_an_mtu_below_that_of_ipv6_is_refused() {
        assertThatThrownBy(() -> new TunConfig("sg0", ADDRESS, List.of(), 1279)).hasMessageContaining("1280");
    }

    @ParameterizedTest
    @CsvSource({
        "2, is absent: load the kernel's tun module",
        "19, is absent: load the kernel's tun module",
        "13, may not be opened",
        "24, cannot be opened: error 24"
    })
    void each_way_not_to_open_the_driver_has_its_words(int errno, String words) {
        assertThat(TunDevice.whyNotOpened(errno)).contains(words);
    }

    @ParameterizedTest
    @CsvSource({"1, needs CAP_NET_ADMIN", "16, another process has it", "22, is no TUN device", "12, error 12"})
    void each_way_not_to_make_the_device_has_its_words(int errno, String words) {
        assertThat(TunDevice.whyNotMade("sg0", errno)).contains(words);
    }
}
