package dev.sixgate.edge.sixpn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EmbeddedClientsTest {
    private static final Ipv6Prefix HOST = Ipv6Prefix.parse("fdaa:0:48c8:e001:1::/80");

    private final EmbeddedClients clients = new EmbeddedClients(1, 2);

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    @Test
    void an_ipv4_client_stands_in_the_machine_bits() {
        assertThat(clients.source(HOST, ip("198.51.100.7"))).isEqualTo(ip("fdaa:0:48c8:e001:1:c633:6407:0"));
        assertThat(new SixpnAddress(Ipv6Address.parse("fdaa:0:48c8:e001:1:c633:6407:0")).embedded())
                .isEqualTo(ip("198.51.100.7"));
    }

    @Test
    void an_ipv6_client_is_an_id_that_leads_back_to_it() {
        Set<InetAddress> seen = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            Inet6Address client = (Inet6Address) ip("2001:db8::" + Integer.toHexString(i));
            Inet6Address source = clients.source(HOST, client);
            assertThat(seen.add(source)).isTrue();
            Ipv6Address bits = Ipv6Address.of(source);
            assertThat(HOST.contains(bits)).isTrue();
            assertThat(bits.low() & 0x8000).isNotZero();
            assertThat(clients.ipv6Client(bits)).isEqualTo(client);
            assertThat(clients.source(HOST, client)).isEqualTo(source);
        }
    }

    @Test
    void an_id_depends_on_keys_that_clients_do_not_know() {
        assertThat(new EmbeddedClients(3, 4).source(HOST, ip("2001:db8::1")))
                .isNotEqualTo(clients.source(HOST, ip("2001:db8::1")));
    }

    @Test
    void a_narrow_range_has_no_room() {
        assertThat(clients.source(Ipv6Prefix.parse("fdaa::/81"), ip("198.51.100.7")))
                .isNull();
        assertThat(clients.source(Ipv6Prefix.parse("fdaa:0:48c8::/48"), ip("198.51.100.7")))
                .isNotNull();
    }
}
