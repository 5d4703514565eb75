package dev.sixgate.edge.source;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a source that is followed over a connection goes.
 *
 * @param name in the operator's words, such as {@code kubernetes}
 * @param complete whether all of it was heard of once; before that it yields no document
 * @param documents that it yields
 * @param refusals what it holds and cannot be served, part by part
 * @param age how long ago it was last known to be up to date; zero: its changes arrive at this moment
 * @param problem what it said last, if it does not work; null: it works
 */
public record SourceState(
        String name,
        boolean complete,
        int documents,
        int refusals,
        Duration age,
        @Nullable String problem) {}
