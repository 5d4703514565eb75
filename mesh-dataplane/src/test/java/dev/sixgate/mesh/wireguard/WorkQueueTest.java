package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
    private final WorkQueue queue = new WorkQueue();

    @Test
    void strangers_fill_it_to_1024_counting_what_is_being_computed() {
        for (int i = 0; i < 1024; i++) {
            assertThat(queue.offerInbound(reading())).isTrue();
            assertThat(queue.poll()).isNotNull();
        }
        assertThat(queue.offerInbound(reading())).isFalse();
        queue.inboundDone();
        assertThat(queue.offerInbound(reading())).isTrue();
    }

    @Test
    void an_eighth_full_is_under_load_and_stays_so_for_a_second() {
        for (int i = 0; i < 127; i++) queue.offerInbound(reading());
        assertThat(queue.isUnderLoad(0)).isFalse();
        queue.offerInbound(reading());
        assertThat(queue.isUnderLoad(0)).isTrue();
        queue.inboundDone();
        assertThat(queue.isUnderLoad(999_999_999)).isTrue();
        assertThat(queue.isUnderLoad(1_000_000_000)).isFalse();
    }

    @Test
    void work_given_back_twice_is_a_fault_of_the_caller() {
        queue.offerInbound(reading());
        queue.inboundDone();
        assertThatThrownBy(queue::inboundDone).isInstanceOf(AssertionError.class);
    }

    private static InitiationReading reading() {
        LocalStatic local = new LocalStatic(new byte[32], new byte[32]);
        return new InitiationReading(1, new byte[108], local, Map.of(), new InetSocketAddress("192.0.2.1", 1), 0);
    }
}
