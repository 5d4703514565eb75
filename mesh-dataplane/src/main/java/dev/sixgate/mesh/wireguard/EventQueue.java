package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What changed about peers, each kind once for each peer until it is read: bounded by the peers, and nothing gets lost. */
final class EventQueue {
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();

    /** What waits to be told about one peer; a field of the peer. */
    static final class Pending {
        private final WireGuardPeer peer;
        private boolean established;
        private boolean gaveUp;
        private boolean moved;
        private boolean returned;
        private long absentNanos;
        private boolean queued;

        Pending(WireGuardPeer peer) {
            this.peer = peer;
        }
    }

    void established(Pending pending) {
        pending.established = true;
        pending.gaveUp = false;
        enqueue(pending);
    }

    void gaveUp(Pending pending) {
        pending.gaveUp = true;
        enqueue(pending);
    }

    void moved(Pending pending) {
        pending.moved = true;
        enqueue(pending);
    }

    void reachable(Pending pending, long absentNanos) {
        pending.returned = true;
        pending.absentNanos = absentNanos;
        enqueue(pending);
    }

    @Nullable
    PeerEvent poll() {
        for (Pending pending = queue.peek(); pending != null; pending = queue.peek()) {
            InetSocketAddress endpoint = pending.peer.endpoint();
            if (pending.moved && endpoint != null) {
                pending.moved = false;
                return new PeerEvent.EndpointMoved(pending.peer, endpoint);
            }
            if (pending.returned) {
                pending.returned = false;
                return new PeerEvent.Reachable(pending.peer, pending.absentNanos);
            }
            if (pending.established) {
                pending.established = false;
                return new PeerEvent.SessionEstablished(pending.peer);
            }
            if (pending.gaveUp) {
                pending.gaveUp = false;
                return new PeerEvent.GaveUp(pending.peer);
            }
            pending.queued = false;
            queue.remove();
        }
        return null;
    }

    /** Nothing more is told about a peer that was removed. */
    void forget(Pending pending) {
        pending.established = pending.gaveUp = pending.moved = pending.returned = false;
    }

    private void enqueue(Pending pending) {
        if (pending.queued) return;
        pending.queued = true;
        queue.add(pending);
    }
}
