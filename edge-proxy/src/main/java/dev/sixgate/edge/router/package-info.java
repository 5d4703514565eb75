/**
 * Which app and service a request goes to, and why not to the others. Start at
 * {@link dev.sixgate.edge.router.HostRouter}.
 * <p>Not here: which backend of the app is taken ({@code edge.balancer}), and how host names are indexed
 * ({@code edge.servicemap}).
 */
@NullMarked
package dev.sixgate.edge.router;

import org.jspecify.annotations.NullMarked;
