package dev.sixgate.edge.upstream;

import dev.sixgate.edge.balancer.Balancer;
import dev.sixgate.edge.explain.Recorder;
import dev.sixgate.edge.router.Router;

/** What every connection serves with; one per edge. */
public record Serving(
        Router router, Balancer balancer, UpstreamConnector connector, UpstreamPool pool, Recorder recorder) {}
