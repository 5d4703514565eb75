package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.Prefix;
import dev.sixgate.anycast.SiteState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one router is to know of us: all prefixes with the same attributes.
 *
 * @param prepend how often our AS stands in the path besides the once that BGP puts there; without effect in our own AS
 * @param med null: none
 * @param localPreference told in our own AS only (RFC 4271 §5.1.5)
 */
public record Announcement(
        List<Prefix> prefixes, int prepend, @Nullable Long med, List<Community> communities, int localPreference) {
    /** So that all of it is one UPDATE of each family, with room to spare. */
    public static final int MAX_PREFIXES = 64;

    public static final int MAX_COMMUNITIES = 64;
    public static final int MAX_PREPEND = 64;

    static final Announcement NOTHING = new Announcement(List.of(), 0, null, List.of(), 100);

    /** @throws IllegalArgumentException with a plain sentence, when there is more than one session tells */
    public Announcement {
        prefixes = List.copyOf(prefixes);
        communities = List.copyOf(communities);
        if (prefixes.size() > MAX_PREFIXES)
            throw new IllegalArgumentException(prefixes.size() + " prefixes are more than " + MAX_PREFIXES);
        if (communities.size() > MAX_COMMUNITIES)
            throw new IllegalArgumentException(communities.size() + " communities are more than " + MAX_COMMUNITIES);
        if (prepend < 0 || prepend > MAX_PREPEND)
            throw new IllegalArgumentException("a prepend of " + prepend + " is not between 0 and " + MAX_PREPEND);
        if (med != null && (med < 0 || med > 0xffff_ffffL))
            throw new IllegalArgumentException("a MED of " + med + " is not of 32 bits");
    }

    /** What {@code neighbor} is told by a site in {@code state}. */
    public static Announcement of(AnycastPlan plan, Neighbor neighbor, SiteState state) {
        boolean draining = state == SiteState.DRAINING;
        List<Community> communities = new ArrayList<>(neighbor.communities());
        if (draining) communities.add(AnycastPlan.GRACEFUL_SHUTDOWN);
        return new Announcement(
                state == SiteState.WITHDRAWN ? List.of() : plan.announceTo(neighbor),
                plan.prepend(neighbor, state),
                neighbor.med(),
                communities,
                draining ? 0 : 100);
    }
}
