package dev.sixgate.mesh.capture;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng) with one interface of raw IP packets, little endian, time stamps in
 * nanoseconds. Each is whole and padded; a file is their concatenation.
 */
final class PcapngBlocks {
    private static final int SECTION_HEADER = 0x0A0D0D0A; // §4.1
    private static final int INTERFACE_DESCRIPTION = 1; // §4.2
    private static final int INTERFACE_STATISTICS = 5; // §4.6
    private static final int ENHANCED_PACKET = 6; // §4.3
    private static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;
    private static final short LINKTYPE_RAW = 101;

    private static final int COMMENT = 1; // §3.5
    private static final int USER_APPLICATION = 4;
    private static final int INTERFACE_NAME = 2;
    private static final int INTERFACE_DESCRIPTION_TEXT = 3;
    private static final int TIME_RESOLUTION = 9;
    private static final int PACKET_FLAGS = 2;
    private static final int PACKETS_DROPPED_BEFORE = 4;
    private static final int INBOUND = 1;
    private static final int OUTBOUND = 2;
    private static final int RECEIVED = 4;
    private static final int DROPPED = 5;
    private static final int DELIVERED = 8;
    private static final byte NANOSECONDS = 9;

    private PcapngBlocks() {}

    private record Option(int code, byte[] value) {
        static Option text(int code, String text) {
            return new Option(code, text.getBytes(StandardCharsets.UTF_8));
        }

        static Option number(int code, long number) {
            return new Option(code, littleEndian(8).putLong(number).array());
        }

        int paddedBytes() {
            return 4 + padded(value.length);
        }
    }

    static byte[] sectionHeader(String application) {
        List<Option> options = List.of(Option.text(USER_APPLICATION, application));
        ByteBuffer block = begin(SECTION_HEADER, 16, options);
        block.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1); // of unknown length
        return end(block, options);
    }

    static byte[] interfaceDescription(String name, String description) {
        List<Option> options = List.of(
                Option.text(INTERFACE_NAME, name),
                Option.text(INTERFACE_DESCRIPTION_TEXT, description),
                new Option(TIME_RESOLUTION, new byte[] {NANOSECONDS}));
        ByteBuffer block = begin(INTERFACE_DESCRIPTION, 8, options);
        block.putShort(LINKTYPE_RAW).putShort((short) 0).putInt(0); // packets are never cut
        return end(block, options);
    }

    /**
     * @param unixNanos when
     * @param packet borrowed; {@code index} is absolute
     * @param droppedBefore packets that should stand between this one and the one before it
     */
    static byte[] packet(
            long unixNanos, ByteBuf packet, int index, int length, String comment, boolean sent, long droppedBefore) {
        Option flags = new Option(
                PACKET_FLAGS, littleEndian(4).putInt(sent ? OUTBOUND : INBOUND).array());
        Option text = Option.text(COMMENT, comment);
        List<Option> options = droppedBefore == 0
                ? List.of(text, flags)
                : List.of(text, flags, Option.number(PACKETS_DROPPED_BEFORE, droppedBefore));
        ByteBuffer block = begin(ENHANCED_PACKET, 20 + padded(length), options);
        time(block.putInt(0), unixNanos).putInt(length).putInt(length);
        packet.getBytes(index, block.array(), block.position(), length);
        block.position(block.position() + padded(length));
        return end(block, options);
    }

    static byte[] statistics(long unixNanos, long received, long dropped, long delivered) {
        List<Option> options = List.of(
                Option.number(RECEIVED, received),
                Option.number(DROPPED, dropped),
                Option.number(DELIVERED, delivered));
        ByteBuffer block = begin(INTERFACE_STATISTICS, 12, options);
        time(block.putInt(0), unixNanos);
        return end(block, options);
    }

    private static ByteBuffer time(ByteBuffer block, long unixNanos) {
        return block.putInt((int) (unixNanos >>> 32)).putInt((int) unixNanos);
    }

    /** @param bodyBytes between the block's length and its options, a multiple of 4 */
    private static ByteBuffer begin(int type, int bodyBytes, List<Option> options) {
        int length = 8 + bodyBytes + 4 + 4; // the end of options and the length once more
        for (Option option : options) length += option.paddedBytes();
        return littleEndian(length).putInt(type).putInt(length);
    }

    private static byte[] end(ByteBuffer block, List<Option> options) {
        for (Option option : options) {
            block.putShort((short) option.code).putShort((short) option.value.length);
            block.put(option.value);
            block.position(block.position() + padded(option.value.length) - option.value.length);
        }
        block.putInt(0).putInt(block.capacity());
        return block.array();
    }

    private static int padded(int length) {
        return length + 3 & -4;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
