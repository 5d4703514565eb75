package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long each destination usually takes to answer a SYN, so that a caller can try another destination when this one is
 * silent for longer than usual ("The Tail at Scale", hedged requests). Counts the answers to first SYNs alone: a repeated one
 * tells of a loss, which is what the caller wants to escape. Bounded; whoever was not connected to for longest makes room.
 */
public final class ConnectTimes {
    public static final int MAX_DESTINATIONS = 4096;
    /** -1: no connection to that destination has been opened. */
    public static final long UNKNOWN = -1;

    /** The last so many decide. */
    private static final int SAMPLES = 32;

    private static final class Recent {
        final int[] micros = new int[SAMPLES];
        int count;
        int next;
        long percentile95Nanos;

        void add(long nanos) {
            micros[next] = (int) Math.min(nanos / 1000 + 1, Integer.MAX_VALUE);
            next = (next + 1) % SAMPLES;
            count = Math.min(count + 1, SAMPLES);
            int[] sorted = Arrays.copyOf(micros, count);
            Arrays.sort(sorted);
            percentile95Nanos = sorted[(count * 95 + 99) / 100 - 1] * 1000L;
        }
    }

    private final Map<Ipv6Address, Recent> destinations = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Ipv6Address, Recent> eldest) {
            return size() > MAX_DESTINATIONS;
        }
    };

    void add(Ipv6Address destination, long nanos) {
        destinations.computeIfAbsent(destination, _ -> new Recent()).add(nanos);
    }

    /**
     * The time within which 95 of 100 SYNs were answered, of the last {@value #SAMPLES} connections; the longest while there
     * are fewer than 20. {@link #UNKNOWN} before the first.
     */
    public long percentile95Nanos(Ipv6Address destination) {
        Recent recent = destinations.get(destination);
        return recent == null ? UNKNOWN : recent.percentile95Nanos;
    }
}
