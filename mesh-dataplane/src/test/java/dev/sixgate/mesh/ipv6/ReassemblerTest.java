package dev.sixgate.mesh.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8200 §4.5, RFC 5722. */
class ReassemblerTest {
    private static final Ipv6Address SOURCE = Ipv6Address.parse("fdaa::1");
    private static final Ipv6Address DESTINATION = Ipv6Address.parse("fdaa::2");
    private static final byte[] DESTINATION_OPTIONS = {44, 0, 1, 4, 0, 0, 0, 0};

    private final PacketDrops drops = new PacketDrops();
    private final HeaderChain chain = new HeaderChain();
    private final Reassembler reassembler = new Reassembler(PooledByteBufAllocator.DEFAULT, drops);

    @AfterEach
    void close() {
        reassembler.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void fragments_in_any_order_and_number_give_the_packet_that_was_cut(int seed) {
        Random random = new Random(seed);
        byte[] payload = new byte[1 + random.nextInt(65_000)];
        random.nextBytes(payload);
        List<ByteBuf> fragments = new ArrayList<>();
        int step = Math.max(8, payload.length / (1 + random.nextInt(60)) & ~7);
        for (int from = 0; from < payload.length; from += step) {
            int to = Math.min(payload.length, from + step);
            fragments.add(fragment(seed, payload, from, to, to < payload.length));
            if (random.nextInt(4) == 0) fragments.add(fragment(seed, payload, from, to, to < payload.length));
        }
        Collections.shuffle(fragments, random);
        byte[] whole = null;
        for (ByteBuf fragment : fragments) {
            byte[] got = take(fragment, 0);
            if (got != null && whole == null) whole = got;
        }
        assertThat(whole).isNotNull();
        assertThat(whole.length).isEqualTo(48 + payload.length);
        assertThat(whole[40]).isEqualTo((byte) Ipv6Header.UDP); // what named the fragment header now names what it hid
        assertThat((whole[4] & 0xff) << 8 | whole[5] & 0xff).isEqualTo(8 + payload.length);
        assertThat(java.util.Arrays.copyOfRange(whole, 48, whole.length)).isEqualTo(payload);
    }

    @ParameterizedTest(name = "{0}-{1}")
    @CsvSource({"0, 24", "8, 16", "0, 8", "16, 40", "24, 32", "8, 24"})
    void an_overlap_ends_the_packet(int from, int to) {
        byte[] payload = new byte[64];
        take(fragment(1, payload, 0, 16, true), 0);
        take(fragment(1, payload, 24, 40, true), 0);
        take(fragment(1, payload, from, to, true), 0);
        assertThat(drops.of(PacketDropReason.FRAGMENT_OVERLAP)).isEqualTo(1);
        assertThat(reassembler.nextTimeout()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void packets_of_other_identifications_are_apart() {
        byte[] payload = new byte[16];
        assertThat(take(fragment(1, payload, 0, 8, true), 0)).isNull();
        assertThat(take(fragment(2, payload, 8, 16, false), 0)).isNull();
        assertThat(take(fragment(1, payload, 8, 16, false), 0)).hasSize(64);
    }

    @ParameterizedTest(name = "{0} to {1}, more {2}")
    @CsvSource({"0, 0, true", "0, 7, true", "65520, 65528, false", "8, 12, true"})
    void what_no_sender_sends_is_refused_by_itself(int from, int to, boolean more) {
        take(fragment(1, new byte[65_536], from, to, more), 0);
        assertThat(drops.of(PacketDropReason.FRAGMENT_MALFORMED)).isEqualTo(1);
        assertThat(reassembler.nextTimeout()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void bytes_behind_the_end_or_two_ends_end_the_packet() {
        byte[] payload = new byte[64];
        take(fragment(1, payload, 8, 16, false), 0);
        take(fragment(1, payload, 16, 24, true), 0);
        take(fragment(2, payload, 16, 24, true), 0);
        take(fragment(2, payload, 8, 16, false), 0);
        take(fragment(3, payload, 8, 16, false), 0);
        take(fragment(3, payload, 16, 20, false), 0);
        assertThat(drops.of(PacketDropReason.FRAGMENT_MALFORMED)).isEqualTo(3);
    }

    @Test
    void a_packet_that_stays_incomplete_is_dropped_after_a_minute() {
        take(fragment(1, new byte[16], 0, 8, true), 5);
        assertThat(reassembler.nextTimeout()).isEqualTo(5 + Reassembler.TIMEOUT_NANOS);
        reassembler.onTimeout(4 + Reassembler.TIMEOUT_NANOS);
        assertThat(drops.total()).isZero();
        reassembler.onTimeout(5 + Reassembler.TIMEOUT_NANOS);
        assertThat(drops.of(PacketDropReason.FRAGMENT_TIMEOUT)).isEqualTo(1);
        assertThat(take(fragment(1, new byte[16], 8, 16, false), 6 + Reassembler.TIMEOUT_NANOS))
                .isNull();
    }

    @Test
    void a_flood_of_openings_keeps_the_newest() {
        for (int i = 0; i < 1000; i++) take(fragment(i, new byte[16], 0, 8, true), i);
        assertThat(drops.of(PacketDropReason.FRAGMENT_NO_ROOM)).isEqualTo(1000 - Reassembler.MAX_PACKETS);
        assertThat(take(fragment(999, new byte[16], 8, 16, false), 1000)).hasSize(64);
        assertThat(take(fragment(0, new byte[16], 8, 16, false), 1000)).isNull();
    }

    @Test
    void too_many_pieces_end_the_packet() {
        for (int i = 0; i <= Reassembler.MAX_FRAGMENTS; i++)
            take(fragment(1, new byte[8192], 16 * i, 16 * i + 8, true), 0);
        assertThat(drops.of(PacketDropReason.FRAGMENT_NO_ROOM)).isEqualTo(1);
    }

    @Test
    void random_fragments_never_fail_and_never_leak() {
        Random random = new Random(9);
        byte[] payload = new byte[65_536];
        for (int i = 0; i < 20_000; i++) {
            int from = random.nextInt(64) * 8;
            int to = from + random.nextInt(64);
            take(fragment(random.nextInt(50), payload, from, to, random.nextBoolean()), i);
        }
        reassembler.onTimeout(Long.MAX_VALUE);
        assertThat(reassembler.nextTimeout()).isEqualTo(Long.MAX_VALUE);
    }

    /** With an extension header in front, as every fragment of the packet has it. */
    private static ByteBuf fragment(int identification, byte[] payload, int from, int to, boolean more) {
        ByteBuf packet = PooledByteBufAllocator.DEFAULT.buffer(64 + to - from);
        Ipv6Header.write(packet, 0, 16 + to - from, Ipv6Header.DESTINATION_OPTIONS, SOURCE, DESTINATION);
        packet.writerIndex(Ipv6Header.BYTES).writeBytes(DESTINATION_OPTIONS);
        packet.writeByte(Ipv6Header.UDP)
                .writeByte(0)
                .writeShort(from | (more ? 1 : 0))
                .writeInt(identification);
        return packet.writeBytes(payload, from, to - from);
    }

    private byte @Nullable [] take(ByteBuf packet, long nowNanos) {
        try {
            if (chain.parse(packet) != PacketDropReason.FRAGMENT) return null; // an atomic one
            ByteBuf whole = reassembler.onFragment(packet, chain, nowNanos);
            if (whole == null) return null;
            byte[] bytes = ByteBufUtil.getBytes(whole);
            whole.release();
            return bytes;
        } finally {
            packet.release();
        }
    }
}
