package dev.sixgate.mesh.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes message 1 to a peer. */
final class InitiationCreation implements HandshakeWork {
    final WireGuardPeer peer;
    final int localIndex;
    private final LocalStatic local;
    private final RemoteStatic remote;
    private final byte[] ephemeral;
    private final byte[] timestamp;

    /** State to read the answer with, and the message; null: the peer's key is of low order. */
    @Nullable
    Written written;

    record Written(NoiseHandshake noise, byte[] message) {}

    /** @param ephemeral taken */
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
        Arrays.fill(ephemeral, (byte) 0);
        written = message == null ? null : new Written(noise, message);
    }
}
