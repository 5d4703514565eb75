/**
 * UDP ports of the mesh (RFC 768 over RFC 8200 §8.1). Start at {@link dev.sixgate.mesh.udp.UdpStack}.
 * <p>Here: ports, checksums, bounded queues both ways. Not here: routing to a peer, ICMPv6, sockets of the system,
 * threads.
 */
@NullMarked
package dev.sixgate.mesh.udp;

import org.jspecify.annotations.NullMarked;
