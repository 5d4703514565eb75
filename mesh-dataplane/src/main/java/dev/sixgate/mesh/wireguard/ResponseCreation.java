package dev.sixgate.mesh.wireguard;

import org.jspecify.annotations.Nullable;

/** Writes message 2, which makes a session that the initiator has yet to confirm. */
final class ResponseCreation implements HandshakeWork {
    private static final byte[] EMPTY = {};
    final WireGuardPeer peer;
    final int localIndex;
    final int remoteIndex;
    private final NoiseHandshake noise;
    final byte[] ephemeral;
    private final byte[] presharedKey;

    /** Null: the initiator's ephemeral key is of low order. */
    @Nullable
    Written written;

    record Written(byte[] message, NoiseHandshake.TransportKeys keys) {}

    /**
     * @param noise after message 1; taken
     * @param ephemeral taken; cleared when the result is applied
     */
    ResponseCreation(
            WireGuardPeer peer,
            int localIndex,
            int remoteIndex,
            NoiseHandshake noise,
            byte[] ephemeral,
            byte[] presharedKey) {
        this.peer = peer;
        this.localIndex = localIndex;
        this.remoteIndex = remoteIndex;
        this.noise = noise;
        this.ephemeral = ephemeral;
        this.presharedKey = presharedKey;
    }

    @Override
    public void run() {
        byte[] message = noise.writeResponse(ephemeral, presharedKey, EMPTY);
        written = message == null ? null : new Written(message, noise.split(false));
    }
}
