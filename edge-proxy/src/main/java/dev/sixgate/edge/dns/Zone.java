package dev.sixgate.edge.dns;

import org.jspecify.annotations.Nullable;

/** Names below one that we are the authority for. Immutable; any thread. */
interface Zone {
    /** Lower case, without the last dot, such as {@code internal}. */
    String origin();

    /**
     * @param relative the name without the origin, empty for the origin itself
     * @return null: there is no such name (NXDOMAIN)
     */
    @Nullable
    RecordSet find(String relative);
}
