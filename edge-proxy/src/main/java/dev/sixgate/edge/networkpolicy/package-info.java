/**
 * Who may open which flow to whom, by the addresses that cryptokey routing proves. Start at
 * {@link dev.sixgate.edge.networkpolicy.PolicyTable}.
 *
 * <p>Here: policies with their addresses resolved, and decisions that name the rule. Not here: how often somebody may come
 * ({@code edge.policy}), what stands in the file ({@code edge.config}), and what becomes of a flow that was denied
 * ({@code edge.upstream}, {@code mesh}).
 */
@NullMarked
package dev.sixgate.edge.networkpolicy;

import org.jspecify.annotations.NullMarked;
