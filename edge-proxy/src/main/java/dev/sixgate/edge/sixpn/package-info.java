/**
 * Addresses of the private network as they are laid out: which bits name network, host and machine, who has which address, and
 * which one a new workload gets. Start at {@link SixpnAddress}.
 * <p>Here: the layout, the allocator of a host, the book of owners. Not here: names (DNS), routes and sockets.
 */
@NullMarked
package dev.sixgate.edge.sixpn;

import org.jspecify.annotations.NullMarked;
