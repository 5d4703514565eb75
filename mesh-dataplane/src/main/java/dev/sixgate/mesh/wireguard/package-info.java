/**
 * WireGuard peers, handshakes and sessions (whitepaper §5 and §6). Start at {@link dev.sixgate.mesh.wireguard.WireGuard};
 * {@code Handshakes} has what happens before a session, {@code WireGuardPeer} a session and its timers.
 *
 * <p>Here: messages, keys, cryptokey routing, timers, replay windows, cookies. Not here: sockets, threads, clocks, and IPv6
 * beyond version, length and the two addresses. Curve25519 is computed by {@link
 * dev.sixgate.mesh.wireguard.HandshakeWork}, wherever the caller likes.
 */
@NullMarked
package dev.sixgate.mesh.wireguard;

import org.jspecify.annotations.NullMarked;
