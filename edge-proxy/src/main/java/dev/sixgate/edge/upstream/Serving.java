package dev.sixgate.edge.upstream;

import dev.sixgate.edge.auth.PasswordChecks;
import dev.sixgate.edge.auth.TokenChecks;
import dev.sixgate.edge.balancer.Balancer;
import dev.sixgate.edge.explain.Recorder;
import dev.sixgate.edge.policy.ClientResets;
import dev.sixgate.edge.policy.RateLimiter;
import dev.sixgate.edge.router.Router;
import org.jspecify.annotations.Nullable;

/** What every connection serves with; one per edge. */
public record Serving(
        Router router,
        Balancer balancer,
        UpstreamConnector connector,
        UpstreamPool pool,
        Recorder recorder,
        Challenges challenges,
        RetryBudgets retryBudgets,
        RateLimiter limiter,
        ClientResets resets,
        PasswordChecks passwords,
        TokenChecks tokens,
        PolicyCheck policies) {

    /** What certificate authorities ask of any host on any port, before it is routed (RFC 8555 §8.3). Any thread. */
    @FunctionalInterface
    public interface Challenges {
        Challenges NONE = path -> null;

        /** The text to answer with, or null: {@code path} is no challenge that is open. */
        @Nullable
        String answer(String path);
    }

    public Serving(
            Router router, Balancer balancer, UpstreamConnector connector, UpstreamPool pool, Recorder recorder) {
        this(router, balancer, connector, pool, recorder, Challenges.NONE);
    }

    /** The same inside the mesh, by another router. */
    public Serving inMesh(Router other) {
        return new Serving(
                other,
                balancer,
                connector,
                pool,
                recorder,
                challenges,
                retryBudgets,
                limiter,
                resets,
                passwords,
                tokens,
                policies.forClientsOfTheMesh());
    }

    /** The same, under these policies. */
    public Serving under(PolicyCheck others) {
        return new Serving(
                router,
                balancer,
                connector,
                pool,
                recorder,
                challenges,
                retryBudgets,
                limiter,
                resets,
                passwords,
                tokens,
                others);
    }

    /** With the retry budgets and the buckets of a fresh start. */
    public Serving(
            Router router,
            Balancer balancer,
            UpstreamConnector connector,
            UpstreamPool pool,
            Recorder recorder,
            Challenges challenges) {
        this(
                router,
                balancer,
                connector,
                pool,
                recorder,
                challenges,
                new RetryBudgets(),
                new RateLimiter(),
                new ClientResets(),
                new PasswordChecks(),
                new TokenChecks(),
                PolicyCheck.open());
    }
}
