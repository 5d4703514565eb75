package dev.sixgate.edge.sixpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SixpnAddressTest {
    @ParameterizedTest
    @CsvSource({
        "fdaa:0:48c8:a7b:228:4b6d:6e20:2, 0:48c8, a7b:228, 4b6d:6e20, 2, fdaa:0:48c8::/48, fdaa:0:48c8:a7b:228::/80,"
                + " fdaa:0:48c8:a7b:228:4b6d:6e20:0/112",
        "fdaa:0:48c8:0:1::1a, 0:48c8, 0:1, 0:0, 1a, fdaa:0:48c8::/48, fdaa:0:48c8:0:1::/80, fdaa:0:48c8:0:1::/112",
        "fd12:3456:789a:e001:1:cb00:7107:0, 3456:789a, e001:1, cb00:7107, 0, fd12:3456:789a::/48,"
                + " fd12:3456:789a:e001:1::/80, fd12:3456:789a:e001:1:cb00:7107:0/112",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ffff:ffff, ffff:ffff, ffff:ffff, ffff, ffff:ffff:ffff::/48,"
                + " ffff:ffff:ffff:ffff:ffff::/80, ffff:ffff:ffff:ffff:ffff:ffff:ffff:0/112",
    })
    void bits_are_read_by_the_published_layout(
            String text, String network, String host, String machine, String free, String n, String h, String m) {
        SixpnAddress address = new SixpnAddress(Ipv6Address.parse(text));
        assertThat(SixpnAddress.groups(address.network())).isEqualTo(network);
        assertThat(SixpnAddress.groups(address.host())).isEqualTo(host);
        assertThat(SixpnAddress.groups(address.machine())).isEqualTo(machine);
        assertThat(Integer.toHexString(address.free())).isEqualTo(free);
        assertThat(address.networkRange()).isEqualTo(Ipv6Prefix.parse(n));
        assertThat(address.hostRange()).isEqualTo(Ipv6Prefix.parse(h));
        assertThat(address.machineRange()).isEqualTo(Ipv6Prefix.parse(m));
    }

    @Test
    void what_is_put_together_reads_as_what_it_was_put_together_from() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            Ipv6Address any = new Ipv6Address(random.nextLong(), random.nextLong());
            SixpnAddress address = new SixpnAddress(any);
            assertThat(SixpnAddress.of(address.networkRange(), address.host(), address.machine(), address.free()))
                    .isEqualTo(address);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, fdaa:0:48c8:e001:1:cb00:7107:0",
        "255.255.255.255, fdaa:0:48c8:e001:1:ffff:ffff:0",
        "0.0.0.1, fdaa:0:48c8:e001:1:0:1:0"
    })
    void an_ipv4_client_fits_into_the_machine_bits_and_comes_out_again(String client, String address) {
        InetAddress ipv4 = InetAddress.ofLiteral(client);
        SixpnAddress embedding =
                SixpnAddress.embedding(Ipv6Prefix.parse("fdaa:0:48c8:e001:1::/80"), (Inet4Address) ipv4);
        assertThat(embedding).hasToString(address);
        assertThat(embedding.embedded()).isEqualTo(ipv4);
    }

    @ParameterizedTest
    @CsvSource({"fdaa:0:48c8:e001:1:cb00:7107:1", "fdaa:0:48c8:e001:1:cb00:7107:8000", "fdaa:0:48c8:e001:1::"})
    void other_free_bits_and_an_empty_machine_stand_for_no_client(String address) {
        assertThat(new SixpnAddress(Ipv6Address.parse(address)).embedded()).isNull();
    }

    @Test
    void ranges_of_another_length_are_refused() {
        assertThatThrownBy(() -> SixpnAddress.of(Ipv6Prefix.parse("fdaa::/16"), 1, 1, 1))
                .hasMessage("fdaa::/16 is not a network's range, which is a /48");
    }
}
