package dev.sixgate.edge.source;

import org.jspecify.annotations.Nullable;

/**
 * What became of one document.
 *
 * @param version that the source offers
 * @param servedVersion another one when the offered version was refused; null: none is served
 * @param problem why the offered version was refused, code and place included; null: it is served
 */
public record DocumentStanding(
        String name,
        String origin,
        String version,
        @Nullable String servedVersion,
        @Nullable String problem) {
    /** In one word, of a closed list. */
    public enum Standing {
        SERVED,
        LAST_GOOD,
        REFUSED
    }

    public Standing standing() {
        if (problem == null) return Standing.SERVED;
        return servedVersion == null ? Standing.REFUSED : Standing.LAST_GOOD;
    }
}
