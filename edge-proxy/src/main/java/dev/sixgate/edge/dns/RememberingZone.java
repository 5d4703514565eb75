package dev.sixgate.edge.dns;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * A zone whose answers are put together from workloads, and kept while they fit, so that a question costs the same for an app of ten
 * thousand instances as for one of three. What is not there is not kept: strangers could invent names without end.
 */
final class RememberingZone implements Zone {
    static final long MAX_BYTES = 16 << 20;

    private static final int ENTRY_BYTES = 128;

    private final Zone zone;
    private final Cache<String, RecordSet> found = Caffeine.newBuilder()
            .maximumWeight(MAX_BYTES)
            .weigher((String name, RecordSet records) -> ENTRY_BYTES + name.length() + records.bytes())
            .executor(Runnable::run)
            .build();

    RememberingZone(Zone zone) {
        this.zone = zone;
    }

    @Override
    public String origin() {
        return zone.origin();
    }

    @Override
    public @Nullable RecordSet find(String relative) {
        RecordSet known = found.getIfPresent(relative);
        if (known != null) return known;
        RecordSet records = zone.find(relative);
        if (records != null) found.put(relative, records);
        return records;
    }
}
