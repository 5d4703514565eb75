/**
 * What clients may do, and how often. Start at {@link dev.sixgate.edge.policy.RateLimiter}.
 *
 * <p>Here: decisions, which are told the time. Not here: what is answered ({@code edge.upstream}) and what stands in the file
 * ({@code edge.config}).
 */
@NullMarked
package dev.sixgate.edge.policy;

import org.jspecify.annotations.NullMarked;
