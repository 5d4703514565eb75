package dev.sixgate.edge.dns;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** DNS messages as a client makes and reads them, compression included; a second codec, for tests. */
public final class DnsMessages {
    /** What two servers must agree on, however they order and compress it. */
    public record Seen(
            int code, boolean authoritative, boolean truncated, TreeSet<String> answers, TreeSet<String> authority) {}

    private DnsMessages() {}

    /** With EDNS and 1232 bytes of payload, recursion not desired. */
    public static byte[] query(int id, String name, int type) {
        return query(id, name, type, 0, 1232);
    }

    /** @param flags RD and its like */
    public static byte[] query(int id, String name, int type, int flags, int payloadBytes) {
        ByteBuffer query = ByteBuffer.allocate(400);
        query.putShort((short) id)
                .putShort((short) flags)
                .putShort((short) 1)
                .putInt(0)
                .putShort((short) 1);
        if (!name.isEmpty())
            for (String label : name.split("\\."))
                query.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
        query.put((byte) 0).putShort((short) type).putShort((short) 1);
        query.put((byte) 0)
                .putShort((short) 41)
                .putShort((short) payloadBytes)
                .putInt(0)
                .putShort((short) 0);
        byte[] bytes = new byte[query.position()];
        query.flip().get(bytes);
        return bytes;
    }

    public static int id(byte[] message) {
        return ByteBuffer.wrap(message).getShort(0) & 0xffff;
    }

    public static Seen read(byte[] message) {
        ByteBuffer in = ByteBuffer.wrap(message);
        int flags = in.getShort(2) & 0xffff;
        int questions = in.getShort(4);
        int answers = in.getShort(6) & 0xffff;
        int authority = in.getShort(8) & 0xffff;
        int additional = in.getShort(10) & 0xffff;
        in.position(12);
        for (int i = 0; i < questions; i++) {
            name(in);
            in.getInt();
        }
        TreeSet<String> first = new TreeSet<>();
        TreeSet<String> second = new TreeSet<>();
        for (int i = 0; i < answers; i++) first.add(record(in));
        for (int i = 0; i < authority; i++) second.add(record(in));
        for (int i = 0; i < additional; i++) record(in);
        if (in.hasRemaining()) throw new IllegalArgumentException(in.remaining() + " bytes behind the message");
        return new Seen(flags & 15, (flags & 0x400) != 0, (flags & 0x200) != 0, first, second);
    }

    private static String record(ByteBuffer in) {
        String owner = name(in);
        int type = in.getShort() & 0xffff;
        in.getShort();
        int ttl = in.getInt();
        int end = (in.getShort() & 0xffff) + in.position();
        StringBuilder data = new StringBuilder();
        switch (type) {
            case 2, 12 -> data.append(name(in));
            case 6 -> data.append(name(in)).append(' ').append(name(in));
            case 33 ->
                data.append(in.getInt())
                        .append(' ')
                        .append(in.getShort())
                        .append(' ')
                        .append(name(in));
            default -> {}
        }
        byte[] rest = new byte[end - in.position()];
        in.get(rest);
        return owner + " " + type + " " + ttl + " " + data + " "
                + HexFormat.of().formatHex(rest);
    }

    /** In lower case. */
    private static String name(ByteBuffer in) {
        List<String> labels = new ArrayList<>();
        int back = -1;
        for (int hops = 0; hops < 128; hops++) {
            int length = in.get() & 0xff;
            if (length == 0) {
                if (back >= 0) in.position(back);
                return String.join(".", labels).toLowerCase(Locale.ROOT);
            }
            if (length >= 0xc0) {
                int target = (length & 0x3f) << 8 | in.get() & 0xff;
                if (back < 0) back = in.position();
                in.position(target);
                continue;
            }
            byte[] label = new byte[length];
            in.get(label);
            labels.add(new String(label, StandardCharsets.ISO_8859_1));
        }
        throw new IllegalArgumentException("a name without end");
    }
}
