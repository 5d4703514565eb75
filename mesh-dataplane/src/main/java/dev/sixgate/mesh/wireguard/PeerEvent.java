package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;

/** What changed about a peer. */
public sealed interface PeerEvent {
    WireGuardPeer peer();

    /** A session that may send exists; whoever waited for it may transmit now. */
    record SessionEstablished(WireGuardPeer peer) implements PeerEvent {}

    /** No answer to handshakes for REKEY_ATTEMPT_TIME (90 s); attempts stop until there is traffic again. */
    record GaveUp(WireGuardPeer peer) implements PeerEvent {}

    record EndpointMoved(WireGuardPeer peer, InetSocketAddress endpoint) implements PeerEvent {}
}
