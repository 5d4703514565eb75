package dev.sixgate.mesh.wireguard;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class HandshakeRateLimiterTest {
    private final HandshakeRateLimiter limiter = new HandshakeRateLimiter();

    @Test
    void five_at_once_and_then_twenty_a_second() {
        for (int i = 0; i < 5; i++) assertThat(admits("192.0.2.1", 0)).isTrue();
        assertThat(admits("192.0.2.1", 0)).isFalse();
        int admitted = 0;
        for (int millis = 1; millis <= 2000; millis++)
            if (admits("192.0.2.1", MILLISECONDS.toNanos(millis))) admitted++;
        assertThat(admitted).isEqualTo(40);
        for (int i = 0; i < 5; i++)
            assertThat(admits("192.0.2.1", SECONDS.toNanos(60))).isTrue();
        assertThat(admits("192.0.2.1", SECONDS.toNanos(60))).isFalse();
    }

    @Test
    void an_ipv6_network_of_64_bits_is_one_source_and_an_ipv4_address_another() {
        for (int i = 0; i < 5; i++)
            assertThat(admits("2001:db8:0:1::" + (i + 1), 0)).isTrue();
        assertThat(admits("2001:db8:0:1:ffff::1", 0)).isFalse();
        assertThat(admits("2001:db8:0:2::1", 0)).isTrue();
        assertThat(admits("192.0.2.1", 0)).isTrue();
    }

    @Test
    void it_remembers_a_bounded_number_of_sources() {
        for (int i = 0; i < 3 * HandshakeRateLimiter.SOURCES_MAX; i++)
            admits("10." + (i >>> 16) + "." + (i >>> 8 & 255) + "." + (i & 255), i);
        assertThat(limiter.size()).isEqualTo(HandshakeRateLimiter.SOURCES_MAX);
    }

    private boolean admits(String address, long now) {
        return limiter.admits(new InetSocketAddress(address, 51820), now);
    }
}
