package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads message 1: who calls, and whether they hold the key they name. */
final class InitiationReading implements HandshakeWork {
    final int remoteIndex;
    final InetSocketAddress source;
    final long arrivalNanos;
    private final byte[] message;
    private final LocalStatic local;
    private final Map<PublicKey, RemoteStatic> directory;

    @Nullable
    Outcome outcome;

    sealed interface Outcome {}

    record Authentic(PublicKey initiator, byte[] timestamp, NoiseHandshake noise) implements Outcome {}

    record Refused(DropReason reason) implements Outcome {}

    /**
     * @param message what Noise wrote: 108 bytes
     * @param directory the peers of the moment; never changed
     */
    InitiationReading(
            int remoteIndex,
            byte[] message,
            LocalStatic local,
            Map<PublicKey, RemoteStatic> directory,
            InetSocketAddress source,
            long arrivalNanos) {
        this.remoteIndex = remoteIndex;
        this.message = message;
        this.local = local;
        this.directory = directory;
        this.source = source;
        this.arrivalNanos = arrivalNanos;
    }

    @Override
    public void run() {
        outcome = read();
    }

    private Outcome read() {
        NoiseHandshake noise = new NoiseHandshake(Protocol.IDENTIFIER, local.publicKey());
        byte[] initiator = noise.readInitiator(message, local.privateKey());
        if (initiator == null) return new Refused(DropReason.BAD_HANDSHAKE);
        PublicKey key = PublicKey.of(initiator);
        RemoteStatic remote = directory.get(key);
        if (remote == null) return new Refused(DropReason.UNKNOWN_PEER);
        byte[] timestamp = noise.readInitiation(message, remote.agreedWith(local));
        if (timestamp == null) return new Refused(DropReason.BAD_HANDSHAKE);
        return new Authentic(key, Arrays.copyOf(timestamp, Tai64n.BYTES), noise);
    }
}
