/**
 * What happened to a request or a raw connection: one record that every stage fills, and all that is printed from it.
 * Start at {@link dev.sixgate.edge.explain.RequestRecord}.
 * <p>Here: the closed list of reasons, the rings, the access log, the words of {@code sixgate explain}. Not here: metrics,
 * and the socket they are asked over ({@code edge.admin}).
 */
@NullMarked
package dev.sixgate.edge.explain;

import org.jspecify.annotations.NullMarked;
