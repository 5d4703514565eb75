package dev.sixgate.mesh.wireguard;

import static io.netty.buffer.ByteBufUtil.hexDump;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class Tai64nTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00.999999999Z");

    @Test
    void the_epoch_is_ten_seconds_after_two_to_the_62nd() {
        assertThat(hexDump(Tai64n.after(null, Instant.EPOCH))).isEqualTo("400000000000000a00000000");
    }

    @Test
    void fine_digits_of_our_clock_are_not_told() {
        byte[] label = Tai64n.after(null, NOW);
        assertThat(hexDump(label)).endsWith("000000").hasSize(24);
        assertThat(Tai64n.after(null, NOW.minusNanos(1_000_000))).isEqualTo(label);
    }

    @Test
    void a_clock_that_stands_still_or_goes_back_still_gives_later_labels() {
        byte[] last = Tai64n.after(null, NOW);
        for (int i = 0; i < 200; i++) {
            byte[] next = Tai64n.after(last, i % 2 == 0 ? NOW : NOW.minusSeconds(3600));
            assertThat(Tai64n.compare(next, last)).isPositive();
            assertThat(java.nio.ByteBuffer.wrap(next).getInt(8)).isBetween(0, 999_999_999);
            last = next;
        }
        assertThat(Tai64n.after(last, NOW.plusSeconds(100))).isEqualTo(Tai64n.after(null, NOW.plusSeconds(100)));
    }
}
