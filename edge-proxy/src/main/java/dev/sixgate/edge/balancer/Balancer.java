package dev.sixgate.edge.balancer;

import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses a backend and learns how it did. Any thread; never blocks. */
public interface Balancer {
    /** Backends listed per choice, so that the record of a request to a large app stays small. */
    int MAX_CANDIDATES = 16;

    /**
     * @param tried backends (by name) that this request has failed on already; never taken again
     * @param candidates receives the backends that were considered, with why each was not taken; at most
     *     {@link #MAX_CANDIDATES} are added
     * @return null when the app has none left: it has no backend, or all were tried
     */
    @Nullable
    Lease pick(App app, Set<String> tried, List<Candidate> candidates, long nowNanos);

    /** One use of a backend; end it exactly once with {@link #succeeded} or {@link #failed} or {@link #abandoned}. */
    interface Lease {
        Backend backend();

        /**
         * The backend took the connection, which will be in use for long (raw TCP, WebSocket): it counts as working from
         * now on, and as in flight until the lease ends.
         */
        default void reached() {}

        void succeeded(long nowNanos);

        /** Could not be reached, or broke: the backend is avoided for a while (passive failure marking). */
        void failed(long nowNanos);

        /** Ended for the client's reasons; says nothing about the backend. */
        void abandoned();
    }
}
