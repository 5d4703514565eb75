package dev.sixgate.edge.servicemap;

import java.time.Duration;
import java.util.List;

/**
 * Which backend of a service takes the next request.
 *
 * @param key what is hashed by {@link Policy#RING_HASH} and {@link Policy#MAGLEV}; parts that a request lacks count as
 *     empty
 * @param nearest whether backends of a nearer region are taken before those of a farther one
 * @param regions the order of nearness, the edge's own region first; what is not named comes last. Empty: the edge's own
 *     before all others
 * @param slowStart a backend that joins a service, or comes back to it, reaches its full share after this; zero: at once
 */
public record LoadBalancing(
        Policy policy, List<KeyPart> key, boolean nearest, SpillAt spillAt, List<String> regions, Duration slowStart) {
    public static final LoadBalancing DEFAULT = new LoadBalancing(
            Policy.LATENCY,
            List.of(new KeyPart(KeyPart.Kind.CLIENT_IP, "")),
            true,
            SpillAt.SOFT_LIMIT,
            List.of(),
            Duration.ZERO);

    /** The operator's words in lower case. */
    public enum Policy {
        /** The cheaper of two that are drawn: expected answer time times what is in flight. */
        LATENCY,
        LEAST_LOAD,
        ROUND_ROBIN,
        /** The less loaded of two that are drawn. */
        RANDOM_TWO,
        RING_HASH,
        MAGLEV;

        public boolean hashes() {
            return this == RING_HASH || this == MAGLEV;
        }
    }

    /** When a region is full, so that the next one takes what follows. */
    public enum SpillAt {
        SOFT_LIMIT,
        HARD_LIMIT
    }

    /** @param name of a header or cookie; else empty */
    public record KeyPart(Kind kind, String name) {
        public enum Kind {
            CLIENT_IP,
            CLIENT_PORT,
            HEADER,
            COOKIE,
            HOST,
            PATH
        }
    }

    public LoadBalancing {
        key = List.copyOf(key);
        regions = List.copyOf(regions);
    }
}
