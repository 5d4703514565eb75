/**
 * IPv6 packets and ICMPv6 as bytes: addresses, prefixes, headers, checksum, extension headers, echo and errors
 * (RFC 8200, RFC 4291, RFC 4443). Start at {@link dev.sixgate.mesh.ipv6.Ipv6Header} and
 * {@link dev.sixgate.mesh.ipv6.HeaderChain}.
 * <p>Here: what one packet says and how one is written; rate limits of ICMPv6; why a packet is dropped; how large a packet each
 * destination takes ({@link dev.sixgate.mesh.ipv6.PathMtuCache}). Not here:
 * neighbour discovery (the mesh is layer 3 only), routing, sockets, clocks, and reassembly: a fragment is dropped and
 * counted as {@link dev.sixgate.mesh.ipv6.PacketDropReason#FRAGMENT}.
 */
@NullMarked
package dev.sixgate.mesh.ipv6;

import org.jspecify.annotations.NullMarked;
