package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.X25519;
import org.jspecify.annotations.Nullable;

/** A peer's static key, with what it and ours agree upon: one multiplication, made by the first handshake and then kept. */
final class RemoteStatic {
    private static final byte[] LOW_ORDER = {};
    private final byte[] bytes;
    /** Two threads may compute it at once; both get the same. */
    private volatile byte @Nullable [] agreed;

    RemoteStatic(PublicKey key) {
        bytes = key.toBytes();
    }

    /** Borrowed. */
    byte[] bytes() {
        return bytes;
    }

    /** About 150 µs the first time: in handshake work only. @return null when the peer's key is of low order */
    byte @Nullable [] agreedWith(LocalStatic local) {
        byte[] result = agreed;
        if (result == null) {
            byte[] secret = X25519.agree(local.privateKey(), bytes);
            agreed = result = secret == null ? LOW_ORDER : secret;
        }
        return result.length == 0 ? null : result;
    }
}
