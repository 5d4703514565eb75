package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.fuzz.Fuzz;
import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** RFC 9293 §3.10: whatever segments come, with right checksums, cost at most their connection; nothing leaks or hangs. */
class TcpFuzzTest {
    private static final int HEADER = 20;

    /** An input is segments, each behind its length in one byte; acknowledgements count from our SYN. */
    @Test
    void segments_into_a_live_connection() {
        Fuzz.run("tcp-segments", input -> {
            try (TcpScript script = TcpScript.established()) {
                script.writes(5000);
                for (int at = 0; at < input.length; ) {
                    int length = Math.min(input[at] & 255, input.length - at - 1);
                    receives(script, Arrays.copyOfRange(input, at + 1, at + 1 + length));
                    at += 1 + length;
                }
                settlesAndListens(script);
            }
        });
    }

    /** An input is the option bytes of a SYN to the listener and of a segment of a connection (RFC 9293 §3.1, RFC 7323, RFC 2018). */
    @Test
    void options_of_a_syn_and_of_a_segment() {
        Fuzz.run("tcp-options", input -> {
            byte[] options = Arrays.copyOf(input, Math.min(40, input.length + 3 & ~3));
            try (TcpScript script = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 sackOK ts=1000:0 wscale=7")) {
                script.writes(5000);
                receives(script, segment(101, 1, 0x10, options));
                script.fromPort(40_002);
                receives(script, segment(100, 0, 0x02, options));
                settlesAndListens(script);
            }
        });
    }

    private static byte[] segment(int sequence, int acknowledgement, int flags, byte[] options) {
        byte[] segment = new byte[HEADER + options.length];
        java.nio.ByteBuffer.wrap(segment)
                .putInt(4, sequence)
                .putInt(8, acknowledgement)
                .putShort(12, (short) ((segment.length / 4 << 12) | flags))
                .putShort(14, (short) 65_535);
        System.arraycopy(options, 0, segment, HEADER, options.length);
        return segment;
    }

    private static void receives(TcpScript script, byte[] segment) {
        ByteBuf packet = script.allocator.buffer(Ipv6Header.BYTES + Math.max(HEADER, segment.length));
        Ipv6Header.write(packet, 0, segment.length, Ipv6Header.TCP, TcpScript.REMOTE, TcpScript.LOCAL);
        packet.writerIndex(Ipv6Header.BYTES).writeBytes(segment);
        if (segment.length >= HEADER) {
            int start = Ipv6Header.BYTES;
            packet.setShort(start, TcpScript.REMOTE_PORT).setShort(start + 2, TcpScript.PORT);
            int initial = (int) script.connection().send.initial();
            packet.setInt(start + 8, packet.getInt(start + 8) + initial).setShort(start + 16, 0);
            packet.setShort(
                    start + 16, InternetChecksum.of(packet, 0, Ipv6Header.BYTES, segment.length, Ipv6Header.TCP));
        }
        script.stack.onPacket(packet, Ipv6Header.BYTES, script.now);
        script.after(1);
    }

    /** What was read is released, every timer ends, and a stranger's SYN is answered. */
    private static void settlesAndListens(TcpScript script) {
        for (ByteBuf bytes = script.connection().read(script.now);
                bytes != null;
                bytes = script.connection().read(script.now)) bytes.release();
        acceptAll(script);
        script.after(300_000);
        acceptAll(script);
        script.ignoreSent();
        script.fromPort(40_001);
        script.receives("SYN seq=100 mss=1360");
        acceptAll(script);
        script.after(1);
        assertThat(script.pendingSegments()).as("answers to a stranger's SYN").isPositive();
    }

    private static void acceptAll(TcpScript script) {
        script.stack.pollReadyListener();
        TcpListener listener = Objects.requireNonNull(script.listener);
        for (TcpConnection c = listener.pollPending(); c != null; c = listener.pollPending()) c.accept(script.now);
    }
}
