package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import org.jspecify.annotations.Nullable;

/** What {@link Liveness} knows of the way to one peer. Made with the first packet of traffic. */
final class PathWatch {
    static final long UNKNOWN = -1;

    final WireGuardPeer peer;
    /** When {@link Liveness} looks at it again; {@link Mesh#NEVER}: nothing is awaited. The heap may wake it earlier. */
    long dueNanos = Mesh.NEVER;

    long wakeNanos;
    boolean isQueued;

    /** Something was sent that wants an answer, and none was seen yet. */
    boolean isAwaiting;

    long awaitingSinceNanos;
    long lastAskedNanos;
    /** Between these two the packets went, and echoes go. */
    Ipv6Address source = Ipv6Address.UNSPECIFIED;

    Ipv6Address destination = Ipv6Address.UNSPECIFIED;

    /** Echoes of this silence that left. */
    int probes;

    long firstProbeNanos;
    boolean isProbeWanted;
    boolean isProbeUnderWay;
    boolean hasProbed;
    int probeHandle;
    long probeSentNanos;
    /** The timer came late once in this silence: we were stalled, not the peer. */
    boolean wasLate;

    /** The address that answered an echo, so that its silence means something. */
    @Nullable
    Ipv6Address answering;

    /** The echo under way is one before any silence, and no evidence of it. */
    boolean isAskingAhead;

    long askedAheadNanos;
    /** How long after that the next; 0: at once. */
    long askAheadInNanos;

    boolean isUnreachable;
    long unreachableSinceNanos;

    private long smoothedRttNanos = UNKNOWN;

    PathWatch(WireGuardPeer peer) {
        this.peer = peer;
    }

    /** Takes over what a connection to the peer has measured. */
    void measured(long smoothedNanos) {
        if (smoothedNanos >= 0) smoothedRttNanos = smoothedNanos;
    }

    void measuredByEcho(long rttNanos) {
        smoothedRttNanos = smoothedRttNanos < 0 ? rttNanos : smoothedRttNanos + (rttNanos - smoothedRttNanos) / 8;
    }

    long smoothedRttNanos() {
        return smoothedRttNanos;
    }

    /**
     * Whether something came that is likely an answer to the last packet: what came sooner than a usual round trip answers an
     * earlier one. Wrong about a quick answer, this costs an echo.
     */
    boolean isAnswered() {
        long heard = peer.lastReceivedNanos();
        return heard != WireGuardPeer.NEVER_HEARD && heard - lastAskedNanos >= Math.max(0, smoothedRttNanos);
    }

    /** The start of the silence: the later of what was sent first and what came last. */
    long silentSince() {
        long heard = peer.lastReceivedNanos();
        return heard == WireGuardPeer.NEVER_HEARD ? awaitingSinceNanos : Math.max(awaitingSinceNanos, heard);
    }
}
