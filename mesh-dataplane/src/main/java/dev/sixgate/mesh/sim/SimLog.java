package dev.sixgate.mesh.sim;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Everything that happened, as one hash: two runs of a seed have the same. A listener gets each event as a line as well.
 */
final class SimLog {
    private final CRC32 crc = new CRC32();
    private long hash = 0xcbf2_9ce4_8422_2325L;
    private long events;
    private @Nullable Consumer<String> listener;

    void listener(@Nullable Consumer<String> newListener) {
        listener = newListener;
    }

    void datagram(long nowNanos, String from, String to, byte[] bytes, String fate) {
        crc.reset();
        crc.update(bytes);
        mix(crc.getValue());
        event(nowNanos, from, to, bytes.length, fate);
    }

    void event(long nowNanos, String subject, String object, long quantity, String what) {
        events++;
        mix(nowNanos);
        mix(subject.hashCode());
        mix(object.hashCode());
        mix(quantity);
        mix(what.hashCode());
        if (listener != null)
            listener.accept(seconds(nowNanos) + " " + subject + " > " + object + " " + quantity + " " + what);
    }

    /** A line for the listener alone. */
    void remark(long nowNanos, String subject, Supplier<String> text) {
        if (listener != null) listener.accept(seconds(nowNanos) + " " + subject + " " + text.get());
    }

    private void mix(long value) {
        hash = Long.rotateLeft((hash ^ value) * 0x9e37_79b9_7f4a_7c15L, 29);
    }

    long hash() {
        return hash;
    }

    long events() {
        return events;
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%d.%06d", nanos / 1_000_000_000L, nanos % 1_000_000_000L / 1000);
    }
}
