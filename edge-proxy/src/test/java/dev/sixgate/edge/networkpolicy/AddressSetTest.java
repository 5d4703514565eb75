package dev.sixgate.edge.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressSetTest {
    @Test
    void holds_what_its_prefixes_hold_and_not_what_is_excepted() {
        AddressSet set = AddressSet.of(prefixes("fdaa::/16"), prefixes("fdaa:1::/32", "fdaa:2::5/128"));
        assertThat(set.contains(Ipv6Address.parse("fdaa::1"))).isTrue();
        assertThat(set.contains(Ipv6Address.parse("fdaa:1::1"))).isFalse();
        assertThat(set.contains(Ipv6Address.parse("fdaa:2::4"))).isTrue();
        assertThat(set.contains(Ipv6Address.parse("fdaa:2::5"))).isFalse();
        assertThat(set.contains(Ipv6Address.parse("fdaa:2::6"))).isTrue();
        assertThat(set.contains(Ipv6Address.parse("fdab::"))).isFalse();
        assertThat(set.size()).isEqualTo(3);
    }

    @Test
    void ipv4_has_its_place_among_ipv6() throws Exception {
        AddressSet set = AddressSet.of(prefixes("::ffff:203.0.113.0/120"), prefixes("::ffff:203.0.113.7"));
        assertThat(set.contains(AddressSet.key(InetAddress.getByName("203.0.113.8"))))
                .isTrue();
        assertThat(set.contains(AddressSet.key(InetAddress.getByName("203.0.113.7"))))
                .isFalse();
        assertThat(set.contains(AddressSet.key(InetAddress.getByName("203.0.114.1"))))
                .isFalse();
        assertThat(AddressSet.text(AddressSet.key(InetAddress.getByName("203.0.113.8"))))
                .isEqualTo("203.0.113.8");
    }

    @Test
    void the_ends_of_the_address_space_are_addresses_like_others() {
        assertThat(AddressSet.ALL.contains(Ipv6Address.UNSPECIFIED)).isTrue();
        assertThat(AddressSet.ALL.contains(new Ipv6Address(-1, -1))).isTrue();
        AddressSet halves = AddressSet.of(prefixes("::/0"), prefixes("8000::/1"));
        assertThat(halves.contains(new Ipv6Address(-1, -1))).isFalse();
        assertThat(halves.contains(Ipv6Address.parse("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")))
                .isTrue();
        assertThat(AddressSet.of(prefixes("::/0"), prefixes("::/0")).isEmpty()).isTrue();
    }

    @Test
    void agrees_with_asking_every_prefix_in_turn() {
        Random random = new Random(8);
        for (int round = 0; round < 300; round++) {
            List<Ipv6Prefix> prefixes = some(random);
            List<Ipv6Prefix> except = some(random);
            AddressSet set = AddressSet.of(prefixes, except);
            for (int i = 0; i < 100; i++) {
                Ipv6Address address = near(random);
                boolean expected = prefixes.stream().anyMatch(each -> each.contains(address))
                        && except.stream().noneMatch(each -> each.contains(address));
                assertThat(set.contains(address))
                        .as("%s in %s without %s, round %d", address, prefixes, except, round)
                        .isEqualTo(expected);
            }
        }
    }

    private static List<Ipv6Prefix> some(Random random) {
        List<Ipv6Prefix> list = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) list.add(new Ipv6Prefix(near(random), 120 + random.nextInt(9)));
        return list;
    }

    /** From 512 addresses around a carry between the halves. */
    private static Ipv6Address near(Random random) {
        int offset = random.nextInt(512) - 256;
        return offset < 0 ? new Ipv6Address(5, offset) : new Ipv6Address(6, offset);
    }

    private static List<Ipv6Prefix> prefixes(String... texts) {
        return List.of(texts).stream().map(Ipv6Prefix::parse).toList();
    }
}
