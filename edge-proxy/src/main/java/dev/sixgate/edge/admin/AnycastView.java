package dev.sixgate.edge.admin;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What can be asked of the announcements of an edge. Any thread; no method blocks. */
public interface AnycastView {
    /** Ends with null when the edge announces nothing. */
    CompletionStage<@Nullable SiteStatus> status();

    /** @return ends with null when it has begun; else with a sentence why not */
    CompletionStage<@Nullable String> drain(boolean force);

    /** @return as of {@link #drain} */
    CompletionStage<@Nullable String> undrain();

    /**
     * @param state {@code able}, {@code limited}, {@code draining} or {@code withdrawn}
     * @param changes of the state since the start
     * @param healthyApps -1: not known yet
     */
    record SiteStatus(
            String site,
            String state,
            String why,
            double sinceSeconds,
            long changes,
            boolean draining,
            int healthyApps,
            int apps,
            String backend,
            List<String> announce,
            List<NeighborStatus> neighbors,
            List<OtherSite> sites) {}

    /**
     * @param state of the session
     * @param sinceSeconds null: not known
     * @param told what the router has of us
     */
    record NeighborStatus(
            String address,
            long remoteAs,
            String state,
            @Nullable Double sinceSeconds,
            String told,
            @Nullable String problem) {}

    /**
     * @param state what it said last; {@code unknown}: nothing yet
     * @param ageSeconds of that; null: nothing yet
     * @param fresh whether it counts
     */
    record OtherSite(
            String name,
            String state,
            int healthyApps,
            int apps,
            @Nullable Double ageSeconds,
            boolean fresh) {}
}
