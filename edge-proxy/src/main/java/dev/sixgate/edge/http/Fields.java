package dev.sixgate.edge.http;

import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Header or trailer fields in order, as one array of bytes with offsets: a proxy copies most of them onwards unread, so
 * no string is made until one is asked for. Names and values were validated when they were added. Not thread-safe.
 */
public final class Fields {
    private static final int SLOTS = 5; // known name, name from, name to, value from, value to
    private static final int UNKNOWN = -1;
    private static final int DROPPED = -2;
    private static final byte[] NO_BYTES = {};

    private byte[] bytes;
    private int length;
    private int[] slots;
    private int count;

    public Fields() {
        this(NO_BYTES, 0, 8);
    }

    /** @param bytes owned from now on; fields in its first {@code length} bytes are then noted with {@link #mark} */
    Fields(byte[] bytes, int length, int expected) {
        this.bytes = bytes;
        this.length = length;
        this.slots = new int[expected * SLOTS];
    }

    /** The same fields; what is added to or dropped from one of the two is not in the other. */
    public Fields copy() {
        Fields copy = new Fields(Arrays.copyOf(bytes, length), length, 0);
        copy.slots = slots.clone();
        copy.count = count;
        return copy;
    }

    /** How many there are, dropped ones included; indices run from 0 to here. */
    public int size() {
        return count;
    }

    public boolean isDropped(int i) {
        return slots[i * SLOTS] == DROPPED;
    }

    /** Leaves the field out of everything that follows. */
    public void drop(int i) {
        slots[i * SLOTS] = DROPPED;
    }

    /** @return null for a name that this proxy has no opinion on, and for a dropped field */
    public @Nullable FieldName name(int i) {
        int known = slots[i * SLOTS];
        return known < 0 ? null : FieldName.of(known);
    }

    public String nameText(int i) {
        return text(slots[i * SLOTS + 1], slots[i * SLOTS + 2]);
    }

    /** One char per byte: obs-text is kept as it came. */
    public String value(int i) {
        return text(slots[i * SLOTS + 3], slots[i * SLOTS + 4]);
    }

    /** The name in lower case, sharing no storage. */
    public AsciiString lowerCaseName(int i) {
        return new AsciiString(bytes, slots[i * SLOTS + 1], slots[i * SLOTS + 2] - slots[i * SLOTS + 1], true)
                .toLowerCase();
    }

    /** The value, sharing this object's storage, which is never written again once it stands. */
    public AsciiString sharedValue(int i) {
        return new AsciiString(bytes, slots[i * SLOTS + 3], slots[i * SLOTS + 4] - slots[i * SLOTS + 3], false);
    }

    /** @return the first at or after {@code from}, or -1 */
    public int indexOf(FieldName name, int from) {
        for (int i = from; i < count; i++) if (slots[i * SLOTS] == name.ordinal()) return i;
        return -1;
    }

    public @Nullable String first(FieldName name) {
        int i = indexOf(name, 0);
        return i < 0 ? null : value(i);
    }

    public boolean contains(FieldName name) {
        return indexOf(name, 0) >= 0;
    }

    public void drop(FieldName name) {
        for (int i = 0; i < count; i++) if (slots[i * SLOTS] == name.ordinal()) slots[i * SLOTS] = DROPPED;
    }

    /** Drops every field that is called {@code name}, in any case. */
    public void dropNamed(String name) {
        for (int i = 0; i < count; i++) if (isNamed(i, name)) slots[i * SLOTS] = DROPPED;
    }

    private boolean isNamed(int i, String name) {
        int from = slots[i * SLOTS + 1];
        if (slots[i * SLOTS + 2] - from != name.length()) return false;
        for (int k = 0; k < name.length(); k++)
            if (Ascii.lower(bytes[from + k]) != Ascii.lower(name.charAt(k))) return false;
        return true;
    }

    /** Whether there is a field called {@code name}, in any case. */
    public boolean contains(String name) {
        for (int i = 0; i < count; i++) if (!isDropped(i) && isNamed(i, name)) return true;
        return false;
    }

    /** @return the value of the first field called {@code name}, in any case */
    public @Nullable String find(String name) {
        for (int i = 0; i < count; i++) if (!isDropped(i) && isNamed(i, name)) return value(i);
        return null;
    }

    /** @return the values of all fields called {@code name}, in any case, as one list; null: there is none */
    public @Nullable String joined(String name) {
        String all = null;
        for (int i = 0; i < count; i++)
            if (!isDropped(i) && isNamed(i, name)) all = all == null ? value(i) : all + ", " + value(i);
        return all;
    }

    /** Appends a field that the caller knows to be valid. */
    public void add(CharSequence name, CharSequence value) {
        int from = append(name);
        int middle = append(value);
        mark(from, middle, middle, length);
    }

    private int append(CharSequence text) {
        int from = length;
        int needed = from + text.length();
        if (needed > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(needed, Math.max(256, bytes.length * 2)));
        if (text instanceof AsciiString ascii)
            System.arraycopy(ascii.array(), ascii.arrayOffset(), bytes, from, ascii.length());
        else for (int i = 0; i < text.length(); i++) bytes[from + i] = (byte) text.charAt(i);
        length = needed;
        return from;
    }

    /** Records a field whose bytes are there already. */
    void mark(int nameFrom, int nameTo, int valueFrom, int valueTo) {
        int at = count * SLOTS;
        if (at == slots.length) slots = Arrays.copyOf(slots, Math.max(8 * SLOTS, at * 2));
        FieldName known = FieldName.find(bytes, nameFrom, nameTo);
        slots[at] = known == null ? UNKNOWN : known.ordinal();
        slots[at + 1] = nameFrom;
        slots[at + 2] = nameTo;
        slots[at + 3] = valueFrom;
        slots[at + 4] = valueTo;
        count++;
    }

    /** Writes every field that was not dropped as {@code name: value CRLF}. */
    public void writeTo(ByteBuf out) {
        for (int i = 0; i < count; i++) {
            int at = i * SLOTS;
            if (slots[at] == DROPPED) continue;
            out.writeBytes(bytes, slots[at + 1], slots[at + 2] - slots[at + 1]);
            out.writeShort(':' << 8 | ' ');
            out.writeBytes(bytes, slots[at + 3], slots[at + 4] - slots[at + 3]);
            out.writeShort('\r' << 8 | '\n');
        }
    }

    /** At least as many bytes as {@link #writeTo} writes. */
    public int encodedBytes() {
        return length + 4 * count;
    }

    private String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++)
            if (!isDropped(i))
                text.append(nameText(i)).append(": ").append(value(i)).append('\n');
        return text.toString();
    }
}
