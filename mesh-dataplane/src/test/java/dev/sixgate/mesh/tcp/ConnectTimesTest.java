package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import org.junit.jupiter.api.Test;

class ConnectTimesTest {
    private static final long MILLI = 1_000_000L;
    private static final Ipv6Address NODE = Ipv6Address.parse("fdaa:0:48c8::2");

    private final ConnectTimes times = new ConnectTimes();

    @Test
    void of_forty_answers_the_last_thirty_two_decide_and_two_of_them_may_be_late() {
        assertThat(times.percentile95Nanos(NODE)).isEqualTo(ConnectTimes.UNKNOWN);
        for (int i = 0; i < 8; i++) times.add(NODE, 500 * MILLI);
        for (int i = 0; i < 31; i++) times.add(NODE, i * MILLI);
        times.add(NODE, 900 * MILLI);
        assertThat(times.percentile95Nanos(NODE)).isBetween(30 * MILLI, 31 * MILLI);
        times.add(NODE, 800 * MILLI);
        assertThat(times.percentile95Nanos(NODE)).isBetween(800 * MILLI, 801 * MILLI);
    }

    @Test
    void the_destination_that_was_left_alone_for_longest_makes_room() {
        for (int i = 0; i <= ConnectTimes.MAX_DESTINATIONS; i++) {
            times.add(new Ipv6Address(1, i), MILLI);
            assertThat(times.percentile95Nanos(new Ipv6Address(1, 0))).isPositive();
        }
        assertThat(times.percentile95Nanos(new Ipv6Address(1, 1))).isEqualTo(ConnectTimes.UNKNOWN);
    }

    @Test
    void an_answered_SYN_counts_and_a_repeated_one_does_not() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.after(20);
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            assertThat(tcp.stack.connectTimes().percentile95Nanos(TcpScript.REMOTE))
                    .isBetween(20 * MILLI, 21 * MILLI);
        }
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.after(1020);
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            assertThat(tcp.connection().isConnected()).isTrue();
            assertThat(tcp.stack.connectTimes().percentile95Nanos(TcpScript.REMOTE))
                    .isEqualTo(ConnectTimes.UNKNOWN);
        }
        try (var tcp = TcpScript.established()) {
            assertThat(tcp.stack.connectTimes().percentile95Nanos(TcpScript.REMOTE))
                    .as("a connection from there says nothing of ours")
                    .isEqualTo(ConnectTimes.UNKNOWN);
        }
    }
}
