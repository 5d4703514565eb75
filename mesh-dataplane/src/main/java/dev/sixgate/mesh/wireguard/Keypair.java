package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.AeadEngine;

/** The two keys of one session (whitepaper §5.4.5), and when they were derived. */
final class Keypair implements SessionIndexTable.Owner {
    final WireGuardPeer peer;
    final SendKey send;
    final ReceiveKey receive;
    final int localIndex;
    final boolean initiator;
    private final long createdNanos;

    Keypair(
            WireGuardPeer peer,
            AeadEngine engine,
            NoiseHandshake.TransportKeys keys,
            int localIndex,
            int remoteIndex,
            boolean initiator,
            long nowNanos) {
        this.peer = peer;
        this.send = new SendKey(engine.key(keys.send()), remoteIndex);
        this.receive = new ReceiveKey(engine.key(keys.receive()));
        this.localIndex = localIndex;
        this.initiator = initiator;
        this.createdNanos = nowNanos;
        keys.destroy();
    }

    long ageNanos(long nowNanos) {
        return nowNanos - createdNanos;
    }

    boolean isExpired(long nowNanos) {
        return ageNanos(nowNanos) >= Protocol.REJECT_AFTER_TIME;
    }

    void destroy() {
        send.destroy();
        receive.destroy();
    }
}
