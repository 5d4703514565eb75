package dev.sixgate.certs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.certs.CertificateStore.Entry;
import dev.sixgate.certs.ca.DevelopmentCa;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateStoreTest {
    @TempDir
    static Path directory;

    private static KeyAndChain shop;
    private static KeyAndChain wild;

    @BeforeAll
    static void issue() throws IOException {
        DevelopmentCa ca =
                DevelopmentCa.openOrCreate(directory, InstantSource.fixed(Instant.parse("2026-11-23T00:00:00Z")));
        shop = ca.issue(List.of("shop.example.com", "2001:db8::1"));
        wild = ca.issue(List.of("*.example.com"));
    }

    @ParameterizedTest
    @CsvSource({
        "shop.example.com, shop",
        "SHOP.Example.COM, shop",
        "shop.example.com., shop",
        "www.example.com, wild",
        "a.b.example.com, shop", // a wildcard stands for one label; the default answers
        "example.com, shop",
        "unknown.test, shop",
        ", shop"
    })
    void exact_beats_wildcard_and_the_first_entry_is_the_default(String sni, String expected) {
        var store = new CertificateStore();
        store.replace(List.of(new Entry(List.of(), shop), new Entry(List.of(), wild)));
        assertThat(store.find(sni)).isSameAs(expected.equals("shop") ? shop : wild);
    }

    @Test
    void listed_hostnames_replace_the_names_inside() {
        var store = new CertificateStore();
        store.replace(List.of(new Entry(List.of(), wild), new Entry(List.of("api.example.com"), shop)));
        assertThat(store.find("api.example.com")).isSameAs(shop);
        assertThat(store.find("shop.example.com")).isSameAs(wild);
    }

    @Test
    void keys_of_two_types_stand_side_by_side_for_one_name_and_a_second_of_one_type_does_not() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.system());
        KeyAndChain rsa = ca.issue(List.of("shop.example.com"), generator.generateKeyPair());
        var store = new CertificateStore();
        store.replace(List.of(
                new Entry(List.of(), rsa),
                new Entry(List.of(), shop),
                new Entry(List.of(), ca.issue(List.of("shop.example.com"))),
                new Entry(List.of("*.example.com"), rsa)));
        assertThat(store.find("shop.example.com")).isSameAs(shop);
        assertThat(store.find("shop.example.com", type -> type == KeyType.RSA)).isSameAs(rsa);
        assertThat(store.find("shop.example.com", _ -> false)).isSameAs(shop);
        assertThat(store.find(null)).isSameAs(shop);
        assertThat(store.find("unknown.test", type -> type == KeyType.RSA)).isSameAs(rsa);
        assertThat(store.find("www.example.com", type -> type == KeyType.ECDSA)).isSameAs(rsa);
    }

    @Test
    void a_swap_takes_effect_at_once_and_an_empty_store_finds_nothing() {
        var store = new CertificateStore();
        assertThat(store.find("shop.example.com")).isNull();
        store.replace(List.of(new Entry(List.of(), shop)));
        assertThat(store.find("shop.example.com")).isSameAs(shop);
        store.replace(List.of(new Entry(List.of(), wild)));
        assertThat(store.find("shop.example.com")).isSameAs(wild);
    }

    @ParameterizedTest
    @CsvSource({
        "shop.example.com, true",
        "2001:db8::1, true",
        "2001:db8:0:0:0:0:0:1, true",
        "2001:db8::2, false",
        "other.example.com, false"
    })
    void a_certificate_covers_its_names_and_addresses(String host, boolean covered) {
        assertThat(shop.covers(host)).isEqualTo(covered);
    }
}
