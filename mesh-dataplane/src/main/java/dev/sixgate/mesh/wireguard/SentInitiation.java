package dev.sixgate.mesh.wireguard;

/** An initiation that left and whose response may still come; a newer one of the same peer replaces it. */
record SentInitiation(WireGuardPeer peer, int localIndex, NoiseHandshake noise) implements SessionIndexTable.Owner {}
