/**
 * One exchange with a backend: choose it, connect or take a pooled connection, stream request and response with
 * back-pressure both ways, and fill the request's record. Start at {@link dev.sixgate.edge.upstream.Exchange}; what a
 * client protocol must offer for it is {@link dev.sixgate.edge.upstream.Downstream}.
 *
 * <p>All of it runs on the client's event loop, which is also the upstream channel's. Nothing is aggregated: what is held
 * at any time is what one read brought. Not here: the client's protocols, and how the mesh carries a connection.
 */
@NullMarked
package dev.sixgate.edge.upstream;

import org.jspecify.annotations.NullMarked;
