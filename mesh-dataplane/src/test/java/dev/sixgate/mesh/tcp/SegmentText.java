package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Segments as text: {@code SYN-ACK seq=0 ack=101 len=5 win=65535 mss=1360 ws=7 sackOK ts=7:3 sack=10-20,30-40}. In an
 * expectation only what is written is compared; PSH is compared where it is written.
 */
record SegmentText(String flags, Map<String, String> fields) {
    private static final List<String> FLAGS = List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG");

    static SegmentText parse(String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        String[] words = text.trim().split(" +");
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals < 0) fields.put(words[i], "");
            else fields.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        return new SegmentText(words[0], fields);
    }

    int flagBits() {
        int bits = 0;
        if (flags.equals("NONE")) return 0;
        for (String flag : flags.split("-")) {
            int index = FLAGS.indexOf(flag);
            if (index < 0) throw new IllegalArgumentException("no such flag: " + flag);
            bits |= 1 << index;
        }
        return bits;
    }

    long number(String key, long otherwise) {
        String value = fields.get(key);
        return value == null ? otherwise : Long.parseLong(value);
    }

    /** What is different in {@code actual}, or empty. */
    String difference(SegmentText actual) {
        StringJoiner differences = new StringJoiner(", ");
        int ignored = flags.contains("PSH") ? 0 : Segment.PSH;
        if ((flagBits() | ignored) != (actual.flagBits() | ignored)) differences.add("flags");
        fields.forEach((key, value) -> {
            if (value.equals("none") ? actual.fields.containsKey(key) : !value.equals(actual.fields.get(key)))
                differences.add(key);
        });
        return differences.toString();
    }

    /**
     * @param ourBase subtracted from our sequence numbers
     * @param packet a whole IPv6 packet of ours; borrowed
     */
    static SegmentText of(ByteBuf packet, int ourBase) {
        Segment s = new Segment();
        if (packet.readableBytes() != 40 + packet.getUnsignedShort(packet.readerIndex() + 4))
            throw new AssertionError("the IPv6 payload length is wrong");
        if (!s.read(packet, 40)) throw new AssertionError("we sent what we cannot read");
        List<String> names = new ArrayList<>();
        for (int bit : new int[] {1, 0, 2, 3, 5, 4}) if (s.is(1 << bit)) names.add(FLAGS.get(bit));
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("seq", Integer.toUnsignedString(s.sequence - ourBase));
        fields.put("ack", Integer.toUnsignedString(s.acknowledgment));
        fields.put("len", "" + s.payloadLength);
        fields.put("win", "" + s.window);
        if (s.mss >= 0) fields.put("mss", "" + s.mss);
        if (s.windowScale >= 0) fields.put("ws", "" + s.windowScale);
        if (s.sackPermitted) fields.put("sackOK", "");
        if (s.timestamps)
            fields.put(
                    "ts", Integer.toUnsignedString(s.timestampValue) + ":" + Integer.toUnsignedString(s.timestampEcho));
        if (s.timestamps) fields.put("echo", Integer.toUnsignedString(s.timestampEcho));
        StringJoiner sack = new StringJoiner(",");
        for (int i = 0; i < s.sackCount; i++)
            sack.add(Integer.toUnsignedString(s.sackStart[i]) + "-" + Integer.toUnsignedString(s.sackEnd[i]));
        if (s.sackCount > 0) fields.put("sack", sack.toString());
        return new SegmentText(names.isEmpty() ? "NONE" : String.join("-", names), fields);
    }

    /**
     * Writes the segment as a packet of the remote.
     *
     * @param ourBase added to acknowledgment and SACK numbers
     */
    void write(ByteBuf target, long[] source, long[] destination, int sourcePort, int destinationPort, int ourBase) {
        int start = target.writerIndex();
        int tcp = start + 40;
        target.writeZero(60);
        if (fields.containsKey("mss")) target.writeInt(2 << 24 | 4 << 16 | (int) number("mss", 0));
        if (fields.containsKey("ws")) target.writeInt(1 << 24 | 3 << 16 | 3 << 8 | (int) number("ws", 0));
        if (fields.containsKey("sackOK")) target.writeInt(0x0101_0402);
        if (fields.containsKey("ts")) {
            String[] ts = fields.get("ts").split(":");
            target.writeInt(0x0101_080a).writeInt((int) Long.parseLong(ts[0])).writeInt((int) Long.parseLong(ts[1]));
        }
        if (fields.containsKey("sack")) {
            String[] blocks = fields.get("sack").split(",");
            target.writeInt(0x0101_0500 | 2 + 8 * blocks.length);
            for (String block : blocks)
                for (String edge : block.split("-")) target.writeInt((int) Long.parseLong(edge) + ourBase);
        }
        if (fields.containsKey("options")) {
            String hex = fields.get("options");
            for (int i = 0; i < hex.length(); i += 2) target.writeByte(Integer.parseInt(hex.substring(i, i + 2), 16));
        }
        int header = target.writerIndex() - tcp;
        long sequence = number("seq", 0);
        for (long i = 0; i < number("len", 0); i++) target.writeByte(PatternBytes.at(number("at", sequence) + i));
        int flags = flagBits();
        target.setShort(tcp, sourcePort);
        target.setShort(tcp + 2, destinationPort);
        target.setInt(tcp + 4, (int) sequence);
        target.setInt(tcp + 8, (flags & Segment.ACK) == 0 ? 0 : (int) number("ack", 0) + ourBase);
        int dataOffset = (int) number("offset", header / 4);
        target.setShort(tcp + 12, dataOffset << 12 | flags);
        target.setShort(tcp + 14, (int) number("win", 65_535));
        target.setShort(tcp + 18, (int) number("urgent", 0));
        target.setInt(start, 6 << 28);
        target.setShort(start + 4, target.writerIndex() - tcp);
        target.setByte(start + 6, 6);
        target.setByte(start + 7, 64);
        target.setLong(start + 8, source[0]).setLong(start + 16, source[1]);
        target.setLong(start + 24, destination[0]).setLong(start + 32, destination[1]);
        int checksum = InternetChecksum.of(
                source[0], source[1], destination[0], destination[1], target, tcp, target.writerIndex() - tcp, 6);
        target.setShort(tcp + 16, checksum ^ (int) number("badsum", 0));
    }

    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(" ").add(flags);
        fields.forEach((key, value) -> text.add(value.isEmpty() ? key : key + "=" + value));
        return text.toString();
    }
}
