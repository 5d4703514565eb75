package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.SiteState;
import java.util.List;

/** Makes routers know the state of this site. All methods on the loop of {@link AnycastSite}; none blocks. */
interface Announcer {
    /** From now on; the last one holds. */
    void announce(SiteState state);

    /** One for each neighbor of the plan, in its order. */
    List<NeighborStatus> neighbors(long nowNanos);

    /** Takes the routes back and ends what was opened. */
    void close();
}
