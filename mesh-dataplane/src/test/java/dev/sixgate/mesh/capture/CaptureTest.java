package dev.sixgate.mesh.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureTest {
    private static final long EPOCH = 1_790_000_000_123_456_789L;
    private int woken;

    @Test
    void a_file_begins_with_a_section_and_one_interface_of_raw_ip() {
        Capture capture = capture(null, Long.MAX_VALUE);
        Block section = next(capture);
        assertThat(section.type).isEqualTo(0x0A0D0D0A);
        assertThat(section.body.getInt()).isEqualTo(0x1A2B3C4D);
        assertThat(section.body.getShort()).isEqualTo((short) 1);
        assertThat(section.body.getShort()).isZero();
        assertThat(section.body.getLong()).isEqualTo(-1);
        assertThat(text(section.options().get(4))).isEqualTo("sixgate");
        Block description = next(capture);
        assertThat(description.type).isEqualTo(1);
        assertThat(description.body.getShort()).isEqualTo((short) 101);
        assertThat(description.body.getShort()).isZero();
        assertThat(description.body.getInt()).isZero();
        Map<Integer, byte[]> options = description.options();
        assertThat(text(options.get(2))).isEqualTo("edge");
        assertThat(text(options.get(3))).isEqualTo("what it is");
        assertThat(options.get(9)).containsExactly(9);
        assertThat(capture.poll()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 41, 42, 43, 1420})
    void a_packet_stands_whole_with_its_time_peer_and_direction(int length) {
        Capture capture = begun(null, Long.MAX_VALUE);
        ByteBuf packet = packet(length);
        packet.readerIndex(3);
        capture.onPacket("nöde", true, packet, 3, length - 3, 1_000_000_007);
        Block block = next(capture);
        assertThat(block.type).isEqualTo(6);
        assertThat(block.body.getInt()).isZero();
        long high = Integer.toUnsignedLong(block.body.getInt());
        assertThat(high << 32 | Integer.toUnsignedLong(block.body.getInt())).isEqualTo(EPOCH + 1_000_000_007);
        assertThat(block.body.getInt()).isEqualTo(length - 3);
        assertThat(block.body.getInt()).isEqualTo(length - 3);
        byte[] data = new byte[length - 3];
        block.body.get(data);
        assertThat(Unpooled.wrappedBuffer(data)).isEqualTo(packet);
        block.body.position(block.body.position() + (-data.length & 3));
        Map<Integer, byte[]> options = block.options();
        assertThat(text(options.get(1))).isEqualTo("peer nöde, sent");
        assertThat(options.get(2)).containsExactly(2, 0, 0, 0);
        assertThat(options).doesNotContainKey(4);
        assertThat(packet.refCnt()).isOne();
        packet.release();
    }

    @Test
    void only_the_peer_that_was_asked_for_is_captured_and_only_so_many() {
        Capture capture = begun("a", 2);
        for (String peer : List.of("b", "a", "b", "a", "a"))
            capture.onPacket(peer, false, Unpooled.wrappedBuffer(new byte[40]), 0, 40, 0);
        List<Block> blocks = rest(capture);
        assertThat(blocks).extracting(Block::type).containsExactly(6, 6, 5);
        assertThat(capture.isEnded()).isTrue();
        assertThat(capture.captured()).isEqualTo(2);
        assertThat(statistic(blocks.getLast(), 4)).isEqualTo(2);
        assertThat(statistic(blocks.getLast(), 5)).isZero();
    }

    @Test
    void what_a_slow_reader_does_not_take_is_dropped_and_said_in_the_file() {
        Capture capture = begun(null, Long.MAX_VALUE);
        ByteBuf packet = packet(1420);
        int fit = 0;
        while (capture.dropped() == 0) {
            capture.onPacket("a", false, packet, 0, 1420, fit++);
        }
        fit--;
        assertThat(fit * 1420).isBetween(Capture.QUEUE_BYTES * 9 / 10, Capture.QUEUE_BYTES);
        capture.onPacket("a", false, packet, 0, 1420, 0);
        assertThat(capture.dropped()).isEqualTo(2);
        for (int i = 0; i < fit; i++) assertThat(next(capture).type).isEqualTo(6);
        assertThat(capture.poll()).isNull();
        capture.onPacket("a", false, packet, 0, 1420, 0);
        Block after = next(capture);
        after.body.position(20 + 1420);
        assertThat(number(after.options().get(4))).isEqualTo(2);
        capture.stop();
        Block statistics = next(capture);
        assertThat(statistics.type).isEqualTo(5);
        assertThat(statistic(statistics, 4)).isEqualTo(fit + 3);
        assertThat(statistic(statistics, 5)).isEqualTo(2);
        assertThat(statistic(statistics, 8)).isEqualTo(fit + 1);
        packet.release();
    }

    @Test
    void a_reader_is_woken_once_until_it_has_emptied_the_queue_and_when_it_ends() {
        Capture capture = begun(null, Long.MAX_VALUE);
        ByteBuf packet = packet(40);
        capture.onPacket("a", false, packet, 0, 40, 0);
        capture.onPacket("a", false, packet, 0, 40, 0);
        assertThat(woken).isEqualTo(1);
        rest(capture);
        capture.onPacket("a", false, packet, 0, 40, 0);
        assertThat(woken).isEqualTo(2);
        capture.stop();
        capture.stop();
        assertThat(woken).isEqualTo(3);
        capture.onPacket("a", false, packet, 0, 40, 0);
        assertThat(rest(capture)).hasSize(2);
        packet.release();
    }

    @Test
    void a_capture_of_nothing_is_refused() {
        assertThatThrownBy(() -> new Capture.Filter(null, 0)).hasMessageContaining("at least 1 packet");
    }

    private Capture begun(@Nullable String peer, long count) {
        Capture capture = capture(peer, count);
        next(capture);
        next(capture);
        return capture;
    }

    private Capture capture(@Nullable String peer, long count) {
        return new Capture("edge", "what it is", new Capture.Filter(peer, count), EPOCH, 0, () -> woken++);
    }

    private static ByteBuf packet(int length) {
        ByteBuf packet = Unpooled.buffer(length);
        for (int i = 0; i < length; i++) packet.writeByte(i * 7);
        return packet;
    }

    private static Block next(Capture capture) {
        byte[] bytes = capture.poll();
        assertThat(bytes).isNotNull();
        assertThat(bytes.length % 4).isZero();
        ByteBuffer block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(block.getInt(4)).isEqualTo(bytes.length);
        assertThat(block.getInt(bytes.length - 4)).isEqualTo(bytes.length);
        return new Block(block.getInt(0), block.slice(8, bytes.length - 12).order(ByteOrder.LITTLE_ENDIAN));
    }

    private static List<Block> rest(Capture capture) {
        List<Block> blocks = new ArrayList<>();
        for (byte[] bytes = capture.poll(); bytes != null; bytes = capture.poll()) {
            ByteBuffer block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            blocks.add(
                    new Block(block.getInt(0), block.slice(8, bytes.length - 12).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return blocks;
    }

    private static long statistic(Block block, int code) {
        block.body.position(12);
        return number(block.options().get(code));
    }

    private static long number(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }

    private record Block(int type, ByteBuffer body) {
        /** Those from the body's position on. */
        Map<Integer, byte[]> options() {
            Map<Integer, byte[]> options = new LinkedHashMap<>();
            for (; ; ) {
                int code = body.getShort();
                int length = body.getShort();
                if (code == 0) return options;
                byte[] value = new byte[length];
                body.get(value);
                body.position(body.position() + (-length & 3));
                options.put(code, value);
            }
        }
    }
}
