package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Reads message 2. Forged ones may come before the true one, so the state after message 1 is copied and not used up. */
final class ResponseReading implements HandshakeWork {
    final SentInitiation sent;
    final int remoteIndex;
    final InetSocketAddress source;
    private final NoiseHandshake noise;
    private final byte[] message;
    private final LocalStatic local;
    private final byte[] presharedKey;

    /** Null: not an answer to this initiation. */
    NoiseHandshake.@Nullable TransportKeys keys;

    /** @param message what Noise wrote: 48 bytes */
    ResponseReading(
            SentInitiation sent,
            int remoteIndex,
            byte[] message,
            LocalStatic local,
            byte[] presharedKey,
            InetSocketAddress source) {
        this.sent = sent;
        this.noise = sent.noise().copy();
        this.remoteIndex = remoteIndex;
        this.message = message;
        this.local = local;
        this.presharedKey = presharedKey;
        this.source = source;
    }

    @Override
    public void run() {
        byte[] payload = noise.readResponse(message, local.privateKey(), presharedKey);
        keys = payload == null ? null : noise.split(true);
    }
}
