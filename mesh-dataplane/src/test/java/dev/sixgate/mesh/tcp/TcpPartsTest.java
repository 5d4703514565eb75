package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.BitSet;
import java.util.Random;
import org.bouncycastle.crypto.macs.SipHash;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of a connection by themselves, against formulas of the RFCs or naive models. */
class TcpPartsTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    private final TcpMemory memory = new TcpMemory();

    @ParameterizedTest // RFC 9293 §3.4
    @CsvSource({
        "0, 0, 0",
        "5, 0, 5",
        "-1, 0, -1",
        "1, 4294967295, 4294967297",
        "-1, 4294967296, 4294967295",
        "2147483647, 0, 2147483647",
        "100, 8589934592, 8589934692"
    })
    void the_nearest_sequence_number_is_meant(int wire, long reference, long expected) {
        assertThat(Sequence.unwrap(wire, reference)).isEqualTo(expected);
    }

    @Test
    void ranges_agree_with_a_set_of_bits() {
        var random = new Random(1);
        for (int run = 0; run < 50; run++) {
            var ranges = new SequenceRanges(1000);
            var bits = new BitSet();
            int floor = 0;
            for (int step = 0; step < 100; step++) {
                int start = random.nextInt(500);
                int end = start + random.nextInt(30);
                if (random.nextInt(10) == 0) {
                    floor = Math.max(floor, random.nextInt(300));
                    ranges.removeBelow(floor);
                    bits.clear(0, floor);
                } else {
                    int before = bits.cardinality();
                    bits.set(start, end);
                    assertThat(ranges.add(start, end)).isEqualTo(bits.cardinality() - before);
                }
                assertThat(ranges.bytes()).isEqualTo(bits.cardinality());
                assertSame(ranges, bits);
                int probe = random.nextInt(540);
                assertThat(ranges.indexOf(probe) >= 0).isEqualTo(bits.get(probe));
            }
        }
    }

    private static void assertSame(SequenceRanges ranges, BitSet bits) {
        int at = 0;
        for (int i = 0; i < ranges.count(); i++) {
            assertThat((long) bits.nextSetBit(at)).isEqualTo(ranges.start(i));
            at = bits.nextClearBit((int) ranges.start(i));
            assertThat((long) at).isEqualTo(ranges.end(i));
        }
        assertThat(bits.nextSetBit(at)).isEqualTo(-1);
    }

    @Test
    void ranges_beyond_the_limit_are_not_kept() {
        var ranges = new SequenceRanges(2);
        assertThat(ranges.add(10, 20)).isEqualTo(10);
        assertThat(ranges.add(30, 40)).isEqualTo(10);
        assertThat(ranges.add(50, 60)).isZero();
        assertThat(ranges.add(20, 30)).isEqualTo(10);
        assertThat(ranges.count()).isOne();
        assertThat(ranges.add(50, 60)).isEqualTo(10);
    }

    @Test
    void a_byte_queue_gives_back_what_went_in_and_holds_nothing_when_empty() {
        var random = new Random(2);
        var queue = new ByteQueue(allocator, memory);
        long head = 0;
        long tail = 0;
        for (int step = 0; step < 3000; step++) {
            if (random.nextInt(20) == 0) queue.tidy();
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    int length = random.nextInt(random.nextBoolean() ? 50 : 3000);
                    ByteBuf data = PatternBytes.of(allocator, tail, length);
                    if (length > 0) queue.append(data, data.readerIndex(), length);
                    data.release();
                    tail += length;
                }
                case 2 -> {
                    if (random.nextBoolean()) {
                        head += random.nextLong(tail - head + 1);
                        queue.discardTo(head);
                    } else {
                        ByteBuf first = queue.poll();
                        if (first == null) break;
                        PatternBytes.check(first, head);
                        head += first.readableBytes();
                        first.release();
                    }
                }
                default -> {
                    if (tail == head) break;
                    long from = head + random.nextLong(tail - head);
                    int length = (int) Math.min(tail - from, random.nextInt(1, 4000));
                    ByteBuf copy = allocator.buffer(length);
                    queue.copyTo(from, length, copy);
                    PatternBytes.check(copy, from);
                    assertThat(copy.readableBytes()).isEqualTo(length);
                    copy.release();
                }
            }
            assertThat(queue.start()).isEqualTo(head);
            assertThat(queue.end()).isEqualTo(tail);
        }
        queue.release();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        assertThat(memory.heldBytes()).isZero();
    }

    @Test // mesh.md §4: tiny slices must not pin big buffers
    void small_pieces_are_copied_together_and_let_go_of_their_buffer() {
        var queue = new ByteQueue(allocator, memory);
        ByteBuf big = allocator.buffer(64 << 10).writeZero(64 << 10);
        for (int i = 0; i < 100; i++) queue.append(big, i, 10);
        assertThat(big.refCnt()).isOne();
        queue.append(big, 0, 5000);
        assertThat(big.refCnt()).isEqualTo(2);
        queue.release();
        big.release();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }

    @Test // mesh.md §4: nor may medium ones, once they wait
    void while_much_is_waiting_sparse_slices_are_copied_too() {
        var queue = new ByteQueue(allocator, memory);
        ByteBuf big = allocator.buffer(64 << 10).writeZero(64 << 10);
        queue.append(big, 0, 64 << 10);
        assertThat(big.refCnt()).isEqualTo(2);
        queue.append(big, 0, 1000);
        assertThat(big.refCnt()).isEqualTo(2);
        queue.release();
        big.release();
    }

    @Test
    void what_is_charged_covers_what_is_kept_and_a_tidy_queue_keeps_little_more_than_it_holds() {
        var random = new Random(5);
        var queue = new ByteQueue(allocator, memory);
        for (int step = 0; step < 2000; step++) {
            ByteBuf root = allocator.buffer(8 << 10).writeZero(8 << 10);
            int slices = random.nextInt(1, 8);
            for (int i = 0; i < slices; i++) {
                int length = random.nextInt(1, 2000);
                queue.append(root, random.nextInt((8 << 10) - length), length);
            }
            root.release();
            if (random.nextBoolean()) queue.discardTo(queue.start() + random.nextLong(queue.bytes() + 1));
            if (random.nextBoolean()) queue.tidy();
            for (int i = random.nextInt(6); i > 0; i--) {
                ByteBuf piece = queue.poll();
                if (piece != null) piece.release();
            }
            assertThat(memory.heldBytes())
                    .isGreaterThanOrEqualTo(allocator.metric().usedHeapMemory());
            queue.tidy();
            assertThat(allocator.metric().usedHeapMemory()).isLessThanOrEqualTo(2L * queue.bytes() + (34 << 10));
        }
        queue.release();
        assertThat(memory.heldBytes()).isZero();
    }

    @Test // a consumer that keeps what it is given keeps little more than it reads
    void slices_that_are_little_of_their_buffer_are_given_out_as_one_copy() {
        var queue = new ByteQueue(allocator, memory);
        ByteBuf root = allocator.buffer(64 << 10).writeZero(64 << 10);
        for (int i = 0; i < 5; i++) queue.append(root, 1000 * i, 1000);
        ByteBuf given = queue.poll();
        assertThat(given.readableBytes()).isEqualTo(5000);
        assertThat(root.refCnt()).isOne();
        for (int i = 0; i < 20; i++) queue.append(root, 1000 * i, 1000);
        ByteBuf slice = queue.poll();
        assertThat(slice.readableBytes()).isEqualTo(1000);
        assertThat(root.refCnt()).isEqualTo(21);
        queue.discardTo(queue.end() - 3000);
        assertThat(queue.poll()).isNotNull().satisfies(ByteBuf::release);
        queue.tidy();
        slice.release();
        assertThat(root.refCnt()).isOne();
        queue.release();
        given.release();
        root.release();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        assertThat(memory.heldBytes()).isZero();
    }

    @ParameterizedTest // RFC 6298 §2.2 and §2.3, with our floor of 200 ms for the variance term
    @CsvSource({"10, 210", "50, 250", "100, 300", "400, 1200", "1000, 3000", "40000, 60000"})
    void the_first_rtt_sample_sets_the_retransmission_timeout(int rttMillis, int rtoMillis) {
        var rtt = new RttEstimator();
        assertThat(rtt.timeoutNanos()).isEqualTo(1_000_000_000L); // §2.1
        rtt.sample(rttMillis * 1_000_000L);
        assertThat(rtt.timeoutNanos()).isEqualTo(rtoMillis * 1_000_000L);
    }

    @Test // RFC 6298 §2.3
    void later_samples_move_the_average_by_an_eighth_and_the_variance_by_a_quarter() {
        var rtt = new RttEstimator();
        rtt.sample(800_000_000L);
        rtt.sample(1_600_000_000L);
        assertThat(rtt.smoothedNanos()).isEqualTo(900_000_000L);
        assertThat(rtt.timeoutNanos()).isEqualTo(900_000_000L + 4 * 500_000_000L);
        assertThat(rtt.minimumNanos()).isEqualTo(800_000_000L);
    }

    @Test // RFC 6298 §5.5 and §2.5
    void backing_off_doubles_up_to_a_minute_and_a_sample_ends_it() {
        var rtt = new RttEstimator();
        for (long seconds : new long[] {2, 4, 8, 16, 32, 60, 60}) {
            rtt.backOff();
            assertThat(rtt.timeoutNanos()).isEqualTo(seconds * 1_000_000_000L);
        }
        rtt.sample(100_000_000L);
        assertThat(rtt.timeoutNanos()).isEqualTo(300_000_000L);
    }

    @Test
    void SipHash_agrees_with_Bouncy_Castle() {
        var random = new Random(3);
        for (int i = 0; i < 200; i++) {
            long[] words = random.longs(7).toArray();
            ByteBuffer key = ByteBuffer.allocate(16)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(words[0])
                    .putLong(words[1]);
            ByteBuffer message = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
            for (int word = 2; word < 7; word++) message.putLong(words[word]);
            var oracle = new SipHash();
            oracle.init(new KeyParameter(key.array()));
            oracle.update(message.array(), 0, 40);
            assertThat(new dev.sixgate.mesh.tcp.SipHash(words[0], words[1])
                            .of(words[2], words[3], words[4], words[5], words[6]))
                    .isEqualTo(oracle.doFinal());
        }
    }

    @ParameterizedTest // RFC 1071
    @ValueSource(ints = {20, 21, 27, 28, 29, 1368, 2047, 2048, 2049, 5001, 65_535})
    void the_checksum_agrees_with_a_naive_sum(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        long[] pseudo = new Random(length + 1).longs(4).toArray();
        long sum = 6 + length;
        for (long word : pseudo) for (int shift = 0; shift < 64; shift += 16) sum += word >>> shift & 0xffff;
        for (int i = 0; i < length; i += 2) sum += (bytes[i] & 0xff) << 8 | (i + 1 < length ? bytes[i + 1] & 0xff : 0);
        while (sum >>> 16 != 0) sum = (sum & 0xffff) + (sum >>> 16);
        int actual = InternetChecksum.of(
                pseudo[0], pseudo[1], pseudo[2], pseudo[3], Unpooled.wrappedBuffer(bytes), 0, length, 6);
        assertThat(actual).isEqualTo((int) (~sum & 0xffff));
    }

    @Test
    void options_that_make_no_sense_are_refused_in_a_sentence() {
        assertThatThrownBy(() -> new TcpOptions(0, 1, Duration.ofSeconds(1), Duration.ZERO, true))
                .hasMessage("sendBufferBytes is 0, but must be 1 to 536870912");
        assertThatThrownBy(() -> new TcpOptions(1, 1 << 30, Duration.ofSeconds(1), Duration.ZERO, true))
                .hasMessageStartingWith("receiveBufferBytes is ");
        assertThatThrownBy(() -> new TcpOptions(1, 1, Duration.ZERO, Duration.ZERO, true))
                .hasMessage("connectTimeout is PT0S, but must be positive");
        assertThatThrownBy(() -> new TcpOptions(1, 1, Duration.ofSeconds(1), Duration.ofSeconds(-1), true))
                .hasMessage("keepalive is PT-1S; zero turns it off");
    }
}
