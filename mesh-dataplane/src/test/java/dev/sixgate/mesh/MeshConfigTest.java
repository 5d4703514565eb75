package dev.sixgate.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeshConfigTest {
    private final PrivateKey key = PrivateKey.generate(new Random(1));

    @Test
    void one_identity_is_the_configuration_itself() {
        MeshConfig config = config("fdaa::1/128");
        assertThat(config.identity(0, 1)).isSameAs(config);
    }

    @Test
    void further_identities_have_derived_keys_that_never_change() {
        MeshConfig config = config("fdaa::/80");
        List<String> keys = IntStream.range(0, 64)
                .mapToObj(i -> config.identity(i, 64).privateKey().toBase64())
                .toList();
        assertThat(keys).doesNotHaveDuplicates().startsWith(key.toBase64());
        // Peers are configured with it: another derivation would lock them out.
        assertThat(PrivateKey.of(new byte[32]).derive(1).publicKey())
                .hasToString("4g6kG8fCIP6jUkJdtwj7KRLLsHgWCHvx9YZgF5DJiWM=");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 64})
    void ranges_are_cut_into_disjoint_parts_of_the_range(int count) {
        for (String text : List.of("fdaa::/80", "fdaa::/60", "fdaa:1:2:3::/64", "fdaa::40/122")) {
            Ipv6Prefix range = Ipv6Prefix.parse(text);
            List<Ipv6Prefix> parts = IntStream.range(0, count)
                    .mapToObj(i -> config(text).identity(i, count).addresses().getFirst())
                    .toList();
            assertThat(parts).allMatch(range::contains);
            for (Ipv6Prefix one : parts)
                assertThat(parts).filteredOn(other -> other.contains(one)).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "fdaa:0:48c8:e001:1::/80, 0, fdaa:0:48c8:e001:1::/81",
        "fdaa:0:48c8:e001:1::/80, 1, fdaa:0:48c8:e001:1:8000::/81",
        "fdaa::/63, 1, fdaa:0:0:1::/64",
        "fdaa::/64, 1, fdaa::8000:0:0:0/65",
        "fdaa::2/127, 1, fdaa::3/128"
    })
    void a_part_of_a_range_begins_at_its_highest_free_bit(String range, int index, String part) {
        assertThat(Ipv6Prefix.parse(range).part(index, 1)).hasToString(part);
    }

    @Test
    void a_part_may_begin_in_one_half_of_the_address_and_end_in_the_other() {
        assertThat(Ipv6Prefix.parse("fdaa::/63").part(3, 2)).hasToString("fdaa:0:0:1:8000::/65");
        assertThat(Ipv6Prefix.parse("fdaa::/63").part(1, 2)).hasToString("fdaa::8000:0:0:0/65");
    }

    @Test
    void a_single_address_cannot_be_shared() {
        assertThatThrownBy(() -> config("fdaa::1/128").identity(1, 2))
                .hasMessage("fdaa::1/128 cannot be divided into 2");
    }

    private MeshConfig config(String range) {
        return new MeshConfig(key, List.of(Ipv6Prefix.parse(range)), 1420, List.of());
    }
}
