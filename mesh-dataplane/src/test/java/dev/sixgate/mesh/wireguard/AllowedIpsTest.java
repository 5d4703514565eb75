package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedIpsTest {
    private final AllowedIps<String> routes = new AllowedIps<>();

    @ParameterizedTest
    @CsvSource({
        "fdaa:0:1::5, network",
        "fdaa:0:1:0:7::1, host",
        "fdaa:0:1:0:7::2, machine",
        "fdaa:0:2::1, mesh",
        "fdaa:0:4::1, both",
        "fdaa:0:4::, one",
        "fdab::1, all",
        "::, all",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, last"
    })
    void the_longest_prefix_wins(String address, String owner) {
        insert("::/0", "all");
        insert("fdaa:0:1:0:7::2/128", "machine");
        insert("fdaa::/16", "mesh");
        insert("fdaa:0:1:0:7::/80", "host");
        insert("fdaa:0:1::/48", "network");
        insert("fdaa:0:4::/127", "both");
        insert("fdaa:0:4::/128", "one");
        insert("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "last");
        assertThat(find(address)).isEqualTo(owner);
    }

    @Test
    void what_no_prefix_covers_belongs_to_nobody() {
        assertThat(find("fdaa::1")).isNull();
        insert("fdaa:0:1::/48", "a");
        insert("fdaa:0:3::/48", "b"); // forks from a above /48, where nobody lives
        assertThat(find("fdaa:0:2::1")).isNull();
        assertThat(find("fdaa:0:1::1")).isEqualTo("a");
        assertThat(find("fdaa:0:3::1")).isEqualTo("b");
    }

    @Test
    void the_last_owner_of_a_prefix_keeps_it() {
        insert("fdaa:0:1::/48", "a");
        insert("fdaa:0:1::/48", "b");
        assertThat(find("fdaa:0:1::1")).isEqualTo("b");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void it_agrees_with_a_search_through_all_prefixes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Ipv6Prefix, String> model = new LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            Ipv6Prefix prefix = new Ipv6Prefix(address(random), random.nextInt(129));
            model.put(prefix, "peer " + i);
            routes.insert(prefix, "peer " + i);
        }
        for (int i = 0; i < 2000; i++) {
            Ipv6Address address = address(random);
            assertThat(routes.find(address.high(), address.low())).isEqualTo(search(model, address));
        }
    }

    private static @Nullable String search(Map<Ipv6Prefix, String> model, Ipv6Address address) {
        String best = null;
        int bestLength = -1;
        for (Map.Entry<Ipv6Prefix, String> entry : model.entrySet()) {
            if (!entry.getKey().contains(address) || entry.getKey().length() < bestLength) continue;
            best = entry.getValue();
            bestLength = entry.getKey().length();
        }
        return best;
    }

    /** Few distinct bits, so that prefixes nest and fork often. */
    private static Ipv6Address address(SplittableRandom random) {
        return new Ipv6Address(
                random.nextInt(4) * 0x8000_0000_0000_0001L ^ 1L << random.nextInt(64),
                random.nextInt(3) * 0x8000_0000_0000_0001L ^ 1L << random.nextInt(64));
    }

    private void insert(String prefix, String owner) {
        routes.insert(Ipv6Prefix.parse(prefix), owner);
    }

    private @Nullable String find(String text) {
        Ipv6Address address = Ipv6Address.parse(text);
        return routes.find(address.high(), address.low());
    }
}
