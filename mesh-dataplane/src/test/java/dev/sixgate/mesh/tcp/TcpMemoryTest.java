package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One budget for the buffers of all connections, and windows that follow need and budget. */
class TcpMemoryTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final TcpOptions LARGE =
            new TcpOptions(4 * MIB, 4 * MIB, Duration.ofSeconds(10), Duration.ZERO, true);

    /** Issue of the slow readers: each holds a few bytes that came in a large receive buffer. */
    private static final class Readers {
        final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
        final TcpStack stack = new TcpStack(1420, new Random(1), allocator, 0);
        final Random random = new Random(7);
        final List<TcpConnection> connections = new ArrayList<>();
        private final TcpListener listener;
        private final long[] remote = {0xfdaa_0000_0000_0000L, 2};
        private final long[] local = {0xfdaa_0000_0000_0000L, 1};

        Readers(int count) throws Exception {
            listener = stack.listen(null, 80, count, LARGE);
            for (int i = 0; i < count; i++) {
                receives(allocator.directBuffer(128), i, SegmentText.parse("SYN seq=100 mss=1360 ws=7"), 0);
                TcpConnection c = listener.pollPending();
                c.accept(0);
                connections.add(c);
            }
            ByteBuf scratch = allocator.directBuffer(1420);
            for (TcpConnection c = stack.pollTransmitter(); c != null; c = stack.pollTransmitter())
                while (c.pollPacket(scratch.clear(), 0)) continue;
            scratch.release();
            for (int i = 0; i < count; i++)
                receives(allocator.directBuffer(128), i, SegmentText.parse("ACK seq=101 ack=1"), base(i));
            while (stack.pollReady() instanceof TcpConnection c) c.takeReadiness();
        }

        int base(int index) {
            return (int) connections.get(index).send.initial();
        }

        /** Takes the buffer, into which the packet is written where its writer index is. */
        void receives(ByteBuf root, int index, SegmentText segment, int base) {
            int at = root.writerIndex();
            segment.write(root, remote, local, 1000 + index, 80, base);
            stack.onPacket(root.slice(at, root.writerIndex() - at), 40, 0);
        }

        long unread() {
            return connections.stream().mapToLong(TcpConnection::readableBytes).sum();
        }

        /** What the driver does when everybody has been told. */
        void endTurn() {
            while (stack.pollReady() instanceof TcpConnection c) c.takeReadiness();
            ByteBuf scratch = allocator.directBuffer(1420);
            for (TcpConnection c = stack.pollTransmitter(); c != null; c = stack.pollTransmitter())
                while (c.pollPacket(scratch.clear(), 0)) continue;
            scratch.release();
        }

        long used() {
            return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
        }
    }

    @ParameterizedTest(name = "{0} connections share a receive buffer, the applications take what comes: {1}")
    @CsvSource({"1, false", "40, false", "1, true", "40, true"})
    void ten_thousand_stalled_readers_of_small_slices_hold_little_more_than_they_have_not_read(
            int perBuffer, boolean isGivenOut) throws Exception {
        int count = 10_000;
        var readers = new Readers(count);
        List<ByteBuf> given = new ArrayList<>();
        for (int first = 0; first < count; first += perBuffer) {
            ByteBuf root = readers.allocator.directBuffer(64 * KIB);
            for (int i = first; i < first + perBuffer; i++) {
                int length = readers.random.nextInt(100, KIB + 1);
                root.retain();
                readers.receives(root, i, SegmentText.parse("ACK seq=101 ack=1 len=" + length), readers.base(i));
            }
            root.release();
            if (isGivenOut) {
                while (readers.stack.pollReady() instanceof TcpConnection c) {
                    c.takeReadiness();
                    given.add(c.read(0));
                }
            }
            readers.endTurn();
        }
        long unread = readers.unread()
                + given.stream().mapToLong(ByteBuf::readableBytes).sum();
        assertThat(unread).isBetween(5L * MIB, 6L * MIB);
        assertThat(readers.used()).isLessThanOrEqualTo(2 * unread + 32L * MIB);
        if (!isGivenOut) assertThat(readers.stack.memory().heldBytes()).isEqualTo(readers.used());
        given.forEach(ByteBuf::release);
        readers.stack.close(0);
        assertThat(readers.used()).isZero();
        assertThat(readers.stack.memory().heldBytes()).isZero();
    }

    /** The remote sends as much as the window takes, in segments of 1000. */
    private static long fill(TcpScript tcp, long sequence, int most) {
        TcpConnection c = tcp.connection();
        long sent = 0;
        while (c.receive.edge() - sequence >= 1000 && sent < most) {
            tcp.receives("ACK seq=" + sequence + " ack=1 len=1000");
            sequence += 1000;
            sent += 1000;
        }
        return sequence;
    }

    private static long windowOf(TcpScript tcp) {
        return tcp.connection().receive.edge() - tcp.connection().receive.next();
    }

    private static TcpScript receiver() {
        var tcp = TcpScript.established(LARGE, "mss=1360 ws=7");
        tcp.after(1);
        return tcp;
    }

    @Test
    void a_window_that_is_taken_in_less_than_two_round_trips_doubles_up_to_its_most() {
        var options = new TcpOptions(MIB, MIB, Duration.ofSeconds(10), Duration.ZERO, true);
        try (var tcp = TcpScript.established(options, "mss=1360 ws=7")) {
            tcp.after(1);
            long sequence = 101;
            assertThat(windowOf(tcp)).isEqualTo(65_535);
            for (int round = 0; round < 8; round++) {
                sequence = fill(tcp, sequence, Integer.MAX_VALUE);
                tcp.reads();
                tcp.ignoreSent();
            }
            assertThat(windowOf(tcp)).isBetween(MIB - 32L * KIB, MIB + 64L * KIB);
        }
    }

    @Test // a path that is slower than the window does not need a larger one
    void a_window_that_is_never_used_up_stays() {
        try (var tcp = receiver()) {
            long sequence = 101;
            for (int round = 0; round < 3000; round++) {
                sequence = fill(tcp, sequence, 1000);
                tcp.reads();
                tcp.after(1);
            }
            assertThat(windowOf(tcp)).isLessThanOrEqualTo(ReceiveTuning.FIRST_BYTES + 16 * KIB);
        }
    }

    @Test
    void an_application_that_does_not_read_makes_no_window_grow() {
        try (var tcp = receiver()) {
            fill(tcp, 101, Integer.MAX_VALUE);
            assertThat(tcp.connection().readableBytes()).isLessThanOrEqualTo(ReceiveTuning.FIRST_BYTES + 16 * KIB);
            assertThat(windowOf(tcp)).isLessThan(1000);
        }
    }

    @Test // RFC 9293 §3.8.6.2.2
    void an_exhausted_budget_closes_windows_without_taking_back_what_was_offered() {
        try (var tcp = receiver()) {
            long sequence = fill(tcp, 101, 20_000);
            tcp.reads();
            long edge = tcp.connection().receive.edge();
            tcp.stack.memory().limit(8 * MIB);
            tcp.stack.memory().charge(8 * MIB);
            sequence = fill(tcp, sequence, 20_000);
            tcp.after(50);
            assertThat(tcp.connection().receive.edge()).isEqualTo(edge);
            sequence = fill(tcp, sequence, Integer.MAX_VALUE);
            assertThat(sequence).isGreaterThan(edge - 1000);
            assertThat(tcp.reads()).isGreaterThan(60_000);
            tcp.after(50);
            assertThat(windowOf(tcp)).isBetween(4000L, TcpMemory.MIN_WINDOW_BYTES + 512L);
            tcp.stack.memory().charge(-8 * MIB);
            fill(tcp, sequence, 4000);
            tcp.reads();
            tcp.after(50);
            assertThat(windowOf(tcp)).isGreaterThan(200_000);
        }
    }

    @Test
    void new_connections_begin_with_the_smallest_window_while_memory_is_short() {
        try (var tcp = TcpScript.listening(LARGE)) {
            tcp.stack.memory().limit(MIB);
            tcp.stack.memory().charge(MIB * 3 / 4);
            tcp.receives("SYN seq=100 ws=7");
            tcp.accept();
            tcp.sends("SYN-ACK win=" + TcpMemory.MIN_WINDOW_BYTES);
            tcp.stack.memory().charge(-MIB * 3 / 4);
        }
    }

    @Test
    void far_above_the_budget_even_offered_room_is_refused_but_every_connection_goes_on() {
        try (var tcp = receiver()) {
            tcp.stack.memory().limit(MIB);
            tcp.stack.memory().charge(2 * MIB);
            tcp.receives("ACK seq=5101 ack=1 len=1000"); // beyond a gap
            for (int i = 0; i < 30; i++) tcp.receives("ACK seq=" + (101 + 1000 * i) + " ack=1 len=1000");
            assertThat(tcp.connection().readableBytes())
                    .isEqualTo(9000); // a smallest window, and what crossed its mark
            assertThat(tcp.stack.memory().refusedSegments()).isEqualTo(22);
            assertThat(tcp.reads()).isEqualTo(9000);
            tcp.receives("ACK seq=9101 ack=1 len=1000");
            assertThat(tcp.reads()).isEqualTo(1000);
            tcp.stack.memory().charge(-2 * MIB);
        }
    }

    @Test
    void a_send_buffer_takes_what_two_round_trips_carry_and_little_when_memory_is_out() {
        try (var tcp = receiver()) {
            assertThat(tcp.connection().writableBytes()).isEqualTo(256 * KIB);
            tcp.stack.memory().limit(MIB);
            tcp.stack.memory().charge(MIB);
            assertThat(tcp.connection().writableBytes()).isEqualTo(TcpMemory.MIN_SEND_BYTES);
            tcp.stack.memory().charge(-MIB);
            int taken = 0;
            for (int round = 0; round < 12; round++) {
                taken += tcp.tryWrite(4 * MIB);
                for (int i = 0; i < 40 && tcp.connection().send.flight() > 0; i++) {
                    tcp.receives("ACK seq=101 win=65535 ack="
                            + (tcp.connection().send.next()
                                    - tcp.connection().send.initial()));
                    tcp.ignoreSent();
                }
            }
            assertThat(taken).isGreaterThan(MIB);
            assertThat(tcp.connection().writableBytes()).isBetween(256 * KIB + 1, 4 * MIB);
        }
    }

    @Test
    void a_limit_that_could_hold_nothing_is_refused() {
        assertThatThrownBy(() -> new TcpMemory().limit(1000)).hasMessageContaining("under 1 MiB");
    }

    @ParameterizedTest // the bytes are those of the buffers, and all of them come back
    @ValueSource(longs = {1, 2, 3})
    void nothing_stays_charged_when_everything_has_ended(long seed) {
        var options = new TcpOptions(256 * KIB, 256 * KIB, Duration.ofMinutes(2), Duration.ZERO, true);
        var path = new TcpPath(seed, new TcpPath.Quality(0.05, 0.02, 0.01, 5, 40), options, 200_000, 200_000);
        path.client.readLimit = 3000;
        assertThat(path.run(Duration.ofMinutes(10).toNanos())).isTrue();
        path.close();
        assertThat(path.client.stack.memory().heldBytes()).isZero();
        assertThat(path.server.stack.memory().heldBytes()).isZero();
    }
}
