package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Kinds;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the watch of a cluster goes.
 *
 * @param complete whether every kind was listed once: before that no document is given out
 * @param documents how many are given out
 * @param refusals verdicts with a code
 * @param age how long ago the oldest of the kinds was last known to be up to date; zero while all are watched
 * @param kinds in the order of {@link Kinds}
 */
public record WatchState(boolean complete, int documents, int refusals, Duration age, List<KindState> kinds) {
    /**
     * @param watched whether its changes arrive at this moment
     * @param held whether a list that lost more than half of it waits to be confirmed
     * @param lists how often it was listed
     * @param events how many changes were heard of
     * @param problem what the API server said last, if it did not work; null: it works
     */
    public record KindState(
            Kinds kind,
            int objects,
            boolean watched,
            boolean held,
            long lists,
            long events,
            Duration age,
            @Nullable String problem) {}

    public WatchState {
        kinds = List.copyOf(kinds);
    }
}
