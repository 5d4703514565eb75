package dev.sixgate.edge.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class ClientResetsTest {
    private static final long SECOND = 1_000_000_000L;

    private final ClientResets resets = new ClientResets();

    @Test
    void a_client_may_take_back_so_many_at_once_and_then_so_many_a_second() {
        InetAddress client = InetAddress.ofLiteral("192.0.2.7");
        for (int i = 0; i < ClientResets.BURST; i++)
            assertThat(resets.exceeds(client, 5)).isFalse();
        assertThat(resets.exceeds(client, 5)).isTrue();
        for (int i = 0; i < ClientResets.PER_SECOND; i++)
            assertThat(resets.exceeds(client, 5 + SECOND)).isFalse();
        assertThat(resets.exceeds(client, 5 + SECOND)).isTrue();
    }

    @Test
    void an_ipv6_client_is_its_64_and_others_have_budgets_of_their_own() {
        for (int i = 0; i < ClientResets.BURST; i++)
            resets.exceeds(InetAddress.ofLiteral("2001:db8::" + Integer.toHexString(i + 1)), -7);
        assertThat(resets.exceeds(InetAddress.ofLiteral("2001:db8::ffff:1"), -7))
                .isTrue();
        assertThat(resets.exceeds(InetAddress.ofLiteral("2001:db8:0:1::1"), -7)).isFalse();
        assertThat(resets.exceeds(InetAddress.ofLiteral("192.0.2.7"), -7)).isFalse();
    }
}
