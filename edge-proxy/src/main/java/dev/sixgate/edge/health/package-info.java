/**
 * Health checks: backends are asked from time to time, and the balancer is told who fails. Start at
 * {@link dev.sixgate.edge.health.HealthChecks}.
 * <p>Here: when to ask, what counts as an answer, how many make a verdict. Not here: what follows from a verdict
 * ({@code edge.balancer}), failures of real requests (there too), and how a backend is reached ({@code edge.upstream}).
 */
@NullMarked
package dev.sixgate.edge.health;

import org.jspecify.annotations.NullMarked;
