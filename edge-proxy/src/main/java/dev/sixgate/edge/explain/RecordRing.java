package dev.sixgate.edge.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The newest records in memory, for {@code sixgate explain}. Failures and slow requests are kept apart as well, so that no
 * rush of successes pushes them out. Any thread; a write is two stores.
 */
public final class RecordRing implements Recorder {
    /** A request whose first byte took longer is kept with the slow ones. */
    public static final long SLOW_NANOS = 1_000_000_000L;

    private final Ring recent;
    private final Ring failures;
    private final Ring slow;

    /**
     * @param keep records of any kind
     * @param keepErrors failures, and as many slow ones
     */
    public RecordRing(int keep, int keepErrors) {
        recent = new Ring(keep);
        failures = new Ring(keepErrors);
        slow = new Ring(keepErrors);
    }

    /** A ring of other sizes with what this one holds, as far as it fits. */
    public RecordRing resized(int keep, int keepErrors) {
        RecordRing ring = new RecordRing(keep, keepErrors);
        recent.copyTo(ring.recent);
        failures.copyTo(ring.failures);
        slow.copyTo(ring.slow);
        return ring;
    }

    @Override
    public void finish(RequestRecord record) {
        recent.add(record);
        if (record.reason != null || record.status >= 500) failures.add(record);
        else if (isSlow(record)) slow.add(record);
    }

    static boolean isSlow(RequestRecord record) {
        return record.firstByteNanos != 0 && record.firstByteNanos - record.startNanos >= SLOW_NANOS;
    }

    /** Looks through every record kept, which is meant for people and not for traffic. */
    public @Nullable RequestRecord find(String id) {
        for (Ring ring : List.of(recent, failures, slow)) {
            RequestRecord found = ring.find(id);
            if (found != null) return found;
        }
        return null;
    }

    /** @return the newest first */
    public List<RequestRecord> recent(int limit) {
        return recent.newest(limit);
    }

    /** @return the newest first */
    public List<RequestRecord> failures(int limit) {
        return failures.newest(limit);
    }

    /** @return the newest first */
    public List<RequestRecord> slow(int limit) {
        return slow.newest(limit);
    }

    private static final class Ring {
        private final AtomicReferenceArray<@Nullable RequestRecord> slots;
        private final AtomicLong next = new AtomicLong();

        Ring(int size) {
            slots = new AtomicReferenceArray<>(Math.max(1, size));
        }

        void add(RequestRecord record) {
            slots.set((int) (next.getAndIncrement() % slots.length()), record);
        }

        void copyTo(Ring other) {
            for (RequestRecord record : newest(slots.length()).reversed()) other.add(record);
        }

        @Nullable
        RequestRecord find(String id) {
            for (int i = 0; i < slots.length(); i++) {
                RequestRecord record = slots.get(i);
                if (record != null && record.id.equals(id)) return record;
            }
            return null;
        }

        List<RequestRecord> newest(int limit) {
            List<RequestRecord> found = new ArrayList<>();
            long head = next.get();
            for (long at = head - 1; at >= Math.max(0, head - slots.length()) && found.size() < limit; at--) {
                RequestRecord record = slots.get((int) (at % slots.length()));
                if (record != null) found.add(record);
            }
            return found;
        }
    }
}
