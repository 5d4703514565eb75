package dev.sixgate.mesh;

import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;

/**
 * Sees the inner packets of a mesh in plaintext: captures and the simulation's invariants. It borrows the bytes, changes
 * nothing, and is called in the middle of the data path.
 */
public interface PacketTap {
    /** A packet that is about to be sealed for {@code peer}; {@code index} is absolute. */
    void onSent(WireGuardPeer peer, ByteBuf buffer, int index, int packetBytes, long nowNanos);

    /** A packet that WireGuard accepted, at the reader index; nothing above has looked at it yet. */
    void onReceived(ByteBuf packet, long ingressNanos);
}
