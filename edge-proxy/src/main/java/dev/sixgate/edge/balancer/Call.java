package dev.sixgate.edge.balancer;

import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.SessionPersistence;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one request, or one raw connection, wants of the balancer through all its attempts. One thread at a time. */
public final class Call {
    public final App app;
    public final Service service;

    /** Of what the service's policy or persistence hashes; see {@link Hash64}. */
    public final long hash;

    /** What an earlier lease said with {@link Balancer.Lease#session}, as the client repeats it. */
    public final @Nullable String session;

    /** Backends, by name, that this request has failed on: never taken again. */
    public final Set<String> tried = new HashSet<>(4);

    /** What keeps the client with its backend; null: nothing does. */
    public final @Nullable SessionPersistence persistence;

    /** Regions to be taken first, those of one set alike; empty: the service's order. */
    public final List<Set<String>> prefer;

    private final List<Candidate> candidates;

    /** Why the latest choice fell as it did, from a closed list of sentences; empty before. */
    public String how = "";

    @Nullable
    Waiting waiting;

    /** As the service wants it. */
    public Call(App app, Service service, long hash, @Nullable String session, List<Candidate> candidates) {
        this(app, service, hash, session, service.backendPolicy().persistence(), List.of(), candidates);
    }

    /** @param candidates receives what is considered, {@link Balancer#MAX_CANDIDATES} at most for each choice */
    public Call(
            App app,
            Service service,
            long hash,
            @Nullable String session,
            @Nullable SessionPersistence persistence,
            List<Set<String>> prefer,
            List<Candidate> candidates) {
        this.app = app;
        this.service = service;
        this.hash = hash;
        this.session = session;
        this.persistence = persistence;
        this.prefer = prefer;
        this.candidates = candidates;
    }

    public List<Candidate> candidates() {
        return candidates;
    }
}
