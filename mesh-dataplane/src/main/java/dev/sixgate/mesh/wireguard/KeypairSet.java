package dev.sixgate.mesh.wireguard;

import org.jspecify.annotations.Nullable;

/**
 * The three sessions a peer may have at once. As initiator a new one is current at once; as responder it waits as
 * {@code next} until the first packet under it shows that the initiator has it too, because nothing else confirms our response.
 */
final class KeypairSet {
    private final SessionIndexTable indices;
    private @Nullable Keypair previous;
    private @Nullable Keypair current;
    private @Nullable Keypair next;

    KeypairSet(SessionIndexTable indices) {
        this.indices = indices;
    }

    @Nullable
    Keypair current() {
        return current;
    }

    void add(Keypair keypair) {
        indices.assign(keypair.localIndex, keypair);
        if (keypair.initiator) {
            // A session the peer began meanwhile may still be confirmed by packets under way: kept, as previous.
            if (next != null) {
                discard(current);
                setPrevious(next);
                next = null;
            } else {
                setPrevious(current);
            }
            current = keypair;
        } else {
            discard(next);
            next = keypair;
            setPrevious(null);
        }
    }

    /** @return whether this packet was the first of {@code next}, which is current now */
    boolean receivedWith(Keypair keypair) {
        if (keypair != next) return false;
        setPrevious(current);
        current = next;
        next = null;
        return true;
    }

    void clear() {
        discard(previous);
        discard(current);
        discard(next);
        previous = current = next = null;
    }

    private void setPrevious(@Nullable Keypair keypair) {
        discard(previous);
        previous = keypair;
    }

    private void discard(@Nullable Keypair keypair) {
        if (keypair == null) return;
        indices.release(keypair.localIndex);
        keypair.destroy();
    }
}
