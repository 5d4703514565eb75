package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;

/** What changed about a peer. */
public sealed interface PeerEvent {
    WireGuardPeer peer();

    /** A session that may send exists; whoever waited for it may transmit now. */
    record SessionEstablished(WireGuardPeer peer) implements PeerEvent {}

    /** No answer to handshakes for REKEY_ATTEMPT_TIME (90 s); attempts stop until there is traffic again. */
    record GaveUp(WireGuardPeer peer) implements PeerEvent {}

    /**
     * What was sent has no answer, and neither have probes; until the first authentic packet. Found by the mesh above, which
     * sees traffic.
     *
     * @param silentSinceNanos when the first packet without an answer left, or the last thing was heard if that was later
     * @param probes echoes in the tunnel, or without a session handshake initiations, that nobody answered
     * @param lastReceivedNanos when something authentic came last; {@link WireGuardPeer#NEVER_HEARD}: never
     * @param declaredNanos now
     */
    record Unreachable(
            WireGuardPeer peer, long silentSinceNanos, int probes, long lastReceivedNanos, long declaredNanos)
            implements PeerEvent {
        /** In plain words, as a log line or a request's record has it. */
        public String evidence() {
            String heard = lastReceivedNanos == WireGuardPeer.NEVER_HEARD
                    ? "never heard"
                    : "last heard " + millis(declaredNanos - lastReceivedNanos) + " ms before";
            return "no answer for " + millis(declaredNanos - silentSinceNanos) + " ms to traffic and " + probes
                    + " probes, " + heard;
        }

        private static long millis(long nanos) {
            return nanos / 1_000_000;
        }
    }

    /**
     * An authentic packet came from a peer that was unreachable.
     *
     * @param absentNanos since it was declared so
     */
    record Reachable(WireGuardPeer peer, long absentNanos) implements PeerEvent {}

    record EndpointMoved(WireGuardPeer peer, InetSocketAddress endpoint) implements PeerEvent {}
}
