package dev.sixgate.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.HttpOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy that connects is 10.0.0.1; trusted are 10.0.0.0/8 and 2001:db8:77::/48. */
class ClientIdentityTest {
    private static final TrustedProxies TRUSTED = new TrustedProxies(
            Stream.of("10.0.0.0/8", "2001:db8:77::/48").map(AddressRange::parse).toList());

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        203.0.113.7                                   | 203.0.113.7      | 10.0.0.1
        6.6.6.6, 203.0.113.7                          | 203.0.113.7      | 10.0.0.1
        6.6.6.6, 203.0.113.7, 10.0.0.9                | 203.0.113.7      | 10.0.0.9 10.0.0.1
        10.0.0.8, 10.0.0.9                            | 10.0.0.8         | 10.0.0.9 10.0.0.1
        203.0.113.7:4711                              | 203.0.113.7:4711 | 10.0.0.1
        2001:db8::1                                   | 2001:db8::1      | 10.0.0.1
        [2001:db8::1]:99, 2001:db8:77::5              | [2001:db8::1]:99 | 2001:db8:77::5 10.0.0.1
        ::ffff:203.0.113.7                            | 203.0.113.7      | 10.0.0.1
        6.6.6.6, ::ffff:10.1.2.3                      | 6.6.6.6          | 10.1.2.3 10.0.0.1
        6.6.6.6, unknown                              | 10.0.0.1:5       |
        6.6.6.6, 10.0.0.9, evil                       | 10.0.0.1:5       |
        6.6.6.6, evil, 10.0.0.9                       | 10.0.0.9         | 10.0.0.1
        203.0.113.7%eth0                              | 10.0.0.1:5       |
        1.2.3                                         | 10.0.0.1:5       |
        1.2.3.4:99999                                 | 10.0.0.1:5       |
        -                                             | 10.0.0.1:5       |
        """)
    void the_rightmost_address_that_is_no_trusted_proxy_is_the_client(String chain, String client, String hops) {
        Fields fields = new Fields();
        if (chain != null) fields.add("X-Forwarded-For", chain);
        ClientIdentity found = ClientIdentity.of(connection("10.0.0.1"), fields);
        assertThat(AddressText.ofMaybePort(found.client())).isEqualTo(client);
        assertThat(found.hops().stream().map(AddressText::of).collect(Collectors.joining(" ")))
                .isEqualTo(hops == null ? "" : hops);
    }

    @Test
    void several_fields_are_one_list() {
        Fields fields = new Fields();
        fields.add("x-forwarded-for", "6.6.6.6");
        fields.add("X-Forwarded-For", "203.0.113.7, 10.0.0.9");
        assertThat(AddressText.ofMaybePort(
                        ClientIdentity.of(connection("10.0.0.1"), fields).client()))
                .isEqualTo("203.0.113.7");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        for=203.0.113.7                                       | 203.0.113.7
        for=6.6.6.6, FOR="[2001:db8::1]:99";proto=https       | [2001:db8::1]:99
        for=203.0.113.7;host="a,b", for=10.0.0.9              | 203.0.113.7
        for=6.6.6.6, for=_hidden                              | 10.0.0.1:5
        for=6.6.6.6, proto=https                              | 10.0.0.1:5
        """)
    void forwarded_counts_where_there_is_no_x_forwarded_for(String forwarded, String client) {
        Fields fields = new Fields();
        fields.add("forwarded", forwarded);
        assertThat(AddressText.ofMaybePort(
                        ClientIdentity.of(connection("10.0.0.1"), fields).client()))
                .isEqualTo(client);
        fields.add("x-forwarded-for", "198.51.100.1");
        assertThat(AddressText.ofMaybePort(
                        ClientIdentity.of(connection("10.0.0.1"), fields).client()))
                .isEqualTo("198.51.100.1");
    }

    @Test
    void a_chain_of_ten_thousand_hops_costs_little_and_ends_at_thirty_two() {
        Fields fields = new Fields();
        fields.add("x-forwarded-for", "10.0.0.2,".repeat(10_000) + "10.0.0.3");
        ClientIdentity found = ClientIdentity.of(connection("10.0.0.1"), fields);
        assertThat(found.hops()).hasSize(32);
    }

    @Test
    void scheme_host_port_and_id_are_taken_over_when_they_are_well_formed() {
        Fields good = new Fields();
        good.add("x-forwarded-proto", "http, https");
        good.add("x-forwarded-host", "Shop.example:8443");
        good.add("x-forwarded-port", "8443");
        good.add("x-request-id", "abc-123");
        ClientIdentity identity = ClientIdentity.of(connection("10.0.0.1"), good);
        assertThat(identity.secure()).isTrue();
        assertThat(identity.host()).isEqualTo("shop.example:8443");
        assertThat(identity.port()).isEqualTo(8443);
        assertThat(identity.requestId()).isEqualTo("abc-123");

        Fields bad = new Fields();
        bad.add("x-forwarded-proto", "gopher");
        bad.add("x-forwarded-host", "a b");
        bad.add("x-forwarded-port", "99999");
        bad.add("x-request-id", "x".repeat(129));
        ClientIdentity none = ClientIdentity.of(connection("10.0.0.1"), bad);
        assertThat(none.secure()).isFalse();
        assertThat(none.host()).isNull();
        assertThat(none.port()).isZero();
        assertThat(none.requestId()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.1.2, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/8, ::ffff:10.1.1.1, true",
        "10.0.0.0/8, a00::1, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.200, true",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.6, false",
        "2001:db8:77::/48, 2001:db8:77:ffff::1, true",
        "2001:db8:77::/48, 2001:db8:78::, false",
        "2001:db8::/33, 2001:db8:7fff::, true",
        "2001:db8::/33, 2001:db8:8000::, false"
    })
    void a_range_contains_its_addresses(String range, String address, boolean inside) {
        assertThat(AddressRange.parse(range).contains(InetAddress.ofLiteral(address)))
                .isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.0/33",
                "10.0.0.1/8",
                "10.0/8",
                "1/8",
                "fd::1/64",
                "::ffff:10.0.0.0/104",
                "a.example/8",
                "10.0.0.0/",
                "10.0.0.0/-1",
                "10.0.0.0/08",
                "fe80::1%eth0"
            })
    void what_is_no_range_is_refused(String text) {
        assertThatThrownBy(() -> AddressRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ConnectionContext connection(String proxy) {
        return new ConnectionContext(
                new InetSocketAddress(InetAddress.ofLiteral(proxy), 5),
                new InetSocketAddress(InetAddress.ofLiteral("192.0.2.2"), 80),
                80,
                null,
                HttpOptions.DEFAULT,
                () -> false,
                TRUSTED);
    }
}
