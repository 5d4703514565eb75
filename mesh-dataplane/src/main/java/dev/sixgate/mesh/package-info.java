/**
 * The assembly of one mesh identity: WireGuard below, IPv6, ICMPv6, TCP and UDP above. Start at
 * {@link dev.sixgate.mesh.Mesh}.
 * <p>Here: where a received packet goes, and whose packet is sent next. Not here: any rule of a protocol (those are in
 * {@code wireguard}, {@code ipv6}, {@code tcp} and {@code udp}), sockets, threads, clocks.
 */
@NullMarked
package dev.sixgate.mesh;

import org.jspecify.annotations.NullMarked;
