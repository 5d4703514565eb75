package dev.sixgate.edge.balancer;

import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses a backend and learns how it did. Any thread; never blocks. */
public interface Balancer {
    /**
     * @param tried backends (by name) that this request has failed on already; avoided while another is left
     * @param candidates receives every backend that was considered, with why it was not taken
     * @return null when the app has none left
     */
    @Nullable
    Lease pick(App app, Set<String> tried, List<Candidate> candidates, long nowNanos);

    /** One use of a backend; end it exactly once with {@link #succeeded} or {@link #failed} or {@link #abandoned}. */
    interface Lease {
        Backend backend();

        void succeeded(long nowNanos);

        /** Could not be reached, or broke: the backend is avoided for a while (passive failure marking). */
        void failed(long nowNanos);

        /** Ended for the client's reasons; says nothing about the backend. */
        void abandoned();
    }
}
