/**
 * Which backend of an app takes the next request, and what is remembered of how it did. Start at
 * {@link dev.sixgate.edge.balancer.PolicyBalancer}.
 * <p>Here: policies, load, limits and the queue, sessions, passive failure marks, back-off. Not here: sockets, clocks (the caller brings {@code nowNanos}), and which
 * app it is ({@code edge.router}).
 */
@NullMarked
package dev.sixgate.edge.balancer;

import org.jspecify.annotations.NullMarked;
