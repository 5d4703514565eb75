package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.tcp.TcpStack.IcmpError;
import io.netty.buffer.ByteBuf;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Input that no honest remote sends: never an exception, never more than one connection, never a leak. */
class TcpHostileTest {
    @ParameterizedTest // RFC 9293 §3.1
    @ValueSource(ints = {0, 1, 4, 15})
    void a_data_offset_outside_the_segment_is_dropped(int offset) {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=101 ack=1 offset=" + offset);
            tcp.receives("RST seq=101 offset=" + offset);
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @Test
    void a_wrong_checksum_is_dropped() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("RST seq=101 badsum=1");
            tcp.receives("ACK seq=101 ack=1 len=10 badsum=256");
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
        }
    }

    @ParameterizedTest // RFC 9293 MUST-7: lengths 0 and 1, beyond the header, and of the wrong size for their kind
    @ValueSource(
            strings = {
                "02000000",
                "02010000",
                "0204",
                "02ff0101",
                "03030e",
                "0302",
                "08020101",
                "080a0000",
                "05020101",
                "0506000000010101",
                "05",
                "fe040000",
                "1e1e1e1e",
                "00ffffff",
                "01010102",
                "0505050505050505"
            })
    void options_of_impossible_shape_do_no_harm(String hex) {
        String padded = hex + "0".repeat((8 - hex.length() % 8) % 8);
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 options=" + padded);
            tcp.accept();
            tcp.sends("SYN-ACK ack=101");
            tcp.receives("ACK seq=101 ack=1 options=" + padded);
            tcp.receives("ACK seq=101 ack=1 len=10 options=" + padded);
            assertThat(tcp.connection().readableBytes()).isEqualTo(10);
        }
    }

    @Test // RFC 9293 MUST-6
    void unknown_options_are_skipped() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 options=fe0612345678" + "01" + "03" + "0305" + "01" + "01");
            tcp.accept();
            tcp.sends("SYN-ACK ack=101 ws=7");
        }
    }

    @Test // options of a SYN mean nothing later (RFC 7323 §2.2, RFC 9293 §3.2)
    void negotiation_after_the_handshake_changes_nothing() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1000")) {
            tcp.receives("ACK seq=101 ack=1 mss=500 ws=9 sackOK ts=1:0 win=10");
            assertThat(tcp.connection().send.window()).isEqualTo(10);
            assertThat(tcp.connection().statistics(tcp.now).mss()).isEqualTo(1000);
        }
    }

    @Test // RFC 6093: urgent data is data
    void urgent_data_is_read_in_line() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("URG-ACK seq=101 ack=1 len=10 urgent=5");
            tcp.receives("URG-ACK seq=111 ack=1 len=10 urgent=65535");
            assertThat(tcp.reads()).isEqualTo(20);
        }
    }

    @Test
    void a_FIN_below_data_that_is_held_contradicts_it_and_is_void() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("ACK seq=301 ack=1 len=100");
            tcp.receives("FIN-ACK seq=201 ack=1 len=10");
            tcp.receives("ACK seq=101 ack=1 len=200");
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            assertThat(tcp.reads()).isEqualTo(300);
        }
    }

    @Test
    void data_beyond_a_FIN_is_void() {
        try (var tcp = TcpScript.established()) {
            tcp.receives("FIN-ACK seq=201 ack=1 len=10");
            tcp.receives("ACK seq=151 ack=1 len=500");
            tcp.receives("ACK seq=101 ack=1 len=50");
            assertThat(tcp.reads()).isEqualTo(110);
            assertThat(tcp.state()).isEqualTo("CLOSE_WAIT");
            tcp.receives("ACK seq=212 ack=1 len=50");
            assertThat(tcp.connection().readableBytes()).isZero();
        }
    }

    @ParameterizedTest // RFC 9293 §3.9.2.3
    @ValueSource(strings = {"ff02::1", "::"})
    void segments_from_multicast_or_nowhere_are_dropped(String source) {
        try (var tcp = TcpScript.listening()) {
            Ipv6Address from = Ipv6Address.parse(source);
            ByteBuf packet = tcp.allocator.buffer(128);
            SegmentText.parse("SYN seq=1")
                    .write(
                            packet,
                            new long[] {from.high(), from.low()},
                            new long[] {TcpScript.LOCAL.high(), TcpScript.LOCAL.low()},
                            5,
                            6,
                            0);
            tcp.stack.onPacket(packet, 40, tcp.now);
            assertThat(tcp.stack.pollStateless()).isNull();
        }
    }

    @Test
    void answers_to_strangers_are_bounded() {
        try (var tcp = TcpScript.idle()) {
            String[] many = new String[StatelessAnswers.MAX_PACKETS + 100];
            for (int i = 0; i < many.length; i++) many[i] = "ACK seq=1 ack=" + i;
            tcp.receivesTogether(many);
            assertThat(tcp.pendingSegments()).isEqualTo(StatelessAnswers.MAX_PACKETS);
            tcp.sends("RST seq=100");
        }
    }

    @Test // Savage et al. 1999: acknowledging in crumbs must not open the window faster
    void many_small_acknowledgements_count_as_the_bytes_they_cover() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1000")) {
            tcp.writes(100_000);
            for (int ack = 2; ack <= 1001; ack++) tcp.receives("ACK seq=101 ack=" + ack);
            assertThat(tcp.connection().statistics(tcp.now).congestionWindowBytes())
                    .isEqualTo(11_000);
        }
    }

    @Test // forged duplicates must not let more out than left the path
    void endless_duplicate_acknowledgements_do_not_open_the_window_without_bound() {
        try (var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1000")) {
            tcp.writes(250_000);
            for (int i = 0; i < 1000; i++) tcp.receives("ACK seq=101 ack=1");
            assertThat(tcp.connection().send.flight()).isLessThanOrEqualTo(65_535);
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void random_segments_calls_and_errors_never_break_anything(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (var tcp = TcpScript.listening()) {
            for (int round = 1; round <= 8; round++) {
                open(tcp, random, round);
                for (int step = 0; step < 40 && !tcp.state().equals("CLOSED"); step++) {
                    act(tcp, random);
                    assertThat(tcp.pendingSegments()).isLessThan(3000);
                    tcp.ignoreSent();
                }
                tcp.aborts();
                tcp.ignoreSent();
            }
        }
    }

    /** A new connection from that port, mostly past its handshake. */
    private static void open(TcpScript tcp, RandomGenerator random, int port) {
        tcp.fromPort(port);
        tcp.receives("SYN seq=100 mss=" + random.nextInt(1500) + " ws=" + random.nextInt(20)
                + (random.nextBoolean() ? " sackOK" : "")
                + (random.nextInt(4) == 0 ? " ts=1:0" : ""));
        tcp.adopt(tcp.takePending());
        if (random.nextInt(8) == 0) return;
        tcp.connection().accept(tcp.now);
        tcp.after(0);
        tcp.receives("ACK seq=101 ack=1 win=" + random.nextInt(65_536));
    }

    private static void act(TcpScript tcp, RandomGenerator random) {
        TcpConnection c = tcp.connection();
        switch (random.nextInt(16)) {
            case 0 -> c.accept(tcp.now);
            case 1 -> tcp.after(random.nextInt(3000));
            case 2 -> drain(c, tcp.now);
            case 3 -> {
                if (!c.send.isFinRequested() && !c.isAbandoned()) write(tcp, c, random.nextInt(20_000));
            }
            case 4 -> {
                if (random.nextInt(10) == 0) c.shutdownOutput(tcp.now);
            }
            case 5 -> {
                if (random.nextInt(20) == 0) c.close(tcp.now);
            }
            case 6 -> {
                var error = random.nextBoolean()
                        ? new IcmpError.PacketTooBig(random.nextInt(2000))
                        : new IcmpError.Unreachable(random.nextInt(8));
                int sequence = (int) c.send.unacked() + random.nextInt(3);
                tcp.stack.onIcmpError(
                        c.localAddress(), c.localPort(), c.remoteAddress(), c.remotePort(), sequence, error, tcp.now);
            }
            default -> tcp.receives(segment(c, random));
        }
        tcp.after(0);
    }

    private static String segment(TcpConnection c, RandomGenerator random) {
        String[] flags = {
            "ACK",
            "ACK",
            "ACK",
            "ACK",
            "PSH-ACK",
            "FIN-ACK",
            "SYN",
            "SYN-ACK",
            "RST",
            "RST-ACK",
            "NONE",
            "FIN-SYN-RST-PSH-ACK-URG",
            "URG-ACK",
            "FIN"
        };
        long[] sequences = {
            c.receive.next(),
            c.receive.next(),
            c.receive.next(),
            c.receive.next() - 1,
            c.receive.next() + 1,
            c.receive.edge(),
            c.receive.edge() - 1,
            c.receive.initial(),
            random.nextInt()
        };
        long[] acks = {
            c.send.next(),
            c.send.next(),
            c.send.unacked(),
            c.send.next() + 1,
            c.send.unacked() - 1,
            (c.send.unacked() + c.send.next()) / 2,
            random.nextInt()
        };
        int[] windows = {0, 1, 100, 5000, 65_535};
        long base = c.send.initial();
        StringBuilder text = new StringBuilder(flags[random.nextInt(flags.length)]);
        text.append(" seq=")
                .append(sequences[random.nextInt(sequences.length)]
                        + (random.nextInt(4) == 0 ? random.nextInt(-3000, 3000) : 0));
        text.append(" ack=").append(acks[random.nextInt(acks.length)] - base);
        text.append(" win=").append(windows[random.nextInt(windows.length)]);
        if (random.nextBoolean()) text.append(" len=").append(random.nextInt(random.nextBoolean() ? 3 : 1300));
        if (random.nextInt(3) == 0)
            text.append(" ts=").append(random.nextInt(5)).append(":").append(random.nextInt());
        if (random.nextInt(3) == 0) {
            text.append(" sack=");
            for (int i = random.nextInt(3); i >= 0; i--) {
                long start = c.send.unacked() - base + random.nextInt(-2000, 20_000);
                text.append(start & 0x7fff_ffff).append('-').append(start + random.nextInt(3000) & 0x7fff_ffff);
                if (i > 0) text.append(',');
            }
        } else if (random.nextInt(4) == 0) {
            text.append(" options=");
            for (int i = 4 * random.nextInt(1, 5); i > 0; i--) text.append(String.format("%02x", random.nextInt(256)));
        }
        return text.toString();
    }

    private static void drain(TcpConnection c, long now) {
        for (ByteBuf bytes = c.read(now); bytes != null; bytes = c.read(now)) bytes.release();
    }

    private static void write(TcpScript tcp, TcpConnection c, int length) {
        ByteBuf data = PatternBytes.of(tcp.allocator, tcp.written, length);
        tcp.written += c.write(data, tcp.now);
        data.release();
    }
}
