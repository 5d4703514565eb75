package dev.sixgate.mesh.wireguard;

import org.jspecify.annotations.Nullable;

/** Writes message 1 to a peer. */
final class InitiationCreation implements HandshakeWork {
    final WireGuardPeer peer;
    final int localIndex;
    private final LocalStatic local;
    private final RemoteStatic remote;
    final byte[] ephemeral;
    private final byte[] timestamp;

    /** State to read the answer with, and the message; null: the peer's key is of low order. */
    @Nullable
    Written written;

    record Written(NoiseHandshake noise, byte[] message) {}

    /** @param ephemeral taken; cleared when the result is applied */
    InitiationCreation(WireGuardPeer peer, int localIndex, LocalStatic local, byte[] ephemeral, byte[] timestamp) {
        this.peer = peer;
        this.localIndex = localIndex;
        this.local = local;
        this.remote = peer.remote;
        this.ephemeral = ephemeral;
        this.timestamp = timestamp;
    }

    @Override
    public void run() {
        NoiseHandshake noise = new NoiseHandshake(Protocol.IDENTIFIER, remote.bytes());
        byte[] message = noise.writeInitiation(
                ephemeral, local.publicKey(), remote.bytes(), remote.agreedWith(local), timestamp);
        written = message == null ? null : new Written(noise, message);
    }
}
