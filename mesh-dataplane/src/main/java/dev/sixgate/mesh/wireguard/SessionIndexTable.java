package dev.sixgate.mesh.wireguard;

import io.netty.util.collection.IntObjectHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Our receiver indices (whitepaper §5.4) → the session or initiation each names. Random, so that nobody guesses one; looked
 * up only, never iterated. Bounded by the peers: an initiation,
 * a handshake message being computed for each role, and three sessions for each.
 */
final class SessionIndexTable {
    private final IntObjectHashMap<Owner> owners = new IntObjectHashMap<>();
    private final RandomGenerator random;

    SessionIndexTable(RandomGenerator random) {
        this.random = random;
    }

    /** What a receiver index stands for. */
    sealed interface Owner permits SentInitiation, Keypair, Reserved {}

    /** Held while a handshake message is computed, so that nobody else draws the same index. */
    enum Reserved implements Owner {
        PENDING
    }

    /** Draws an index that nobody has, to be assigned. */
    int reserve() {
        int index;
        do index = random.nextInt();
        while (owners.containsKey(index));
        owners.put(index, Reserved.PENDING);
        return index;
    }

    /** Lets a reserved index, or one whose owner is done with it, name {@code owner}. */
    void assign(int index, Owner owner) {
        owners.put(index, owner);
    }

    @Nullable
    Owner find(int index) {
        return owners.get(index);
    }

    void release(int index) {
        owners.remove(index);
    }

    int size() {
        return owners.size();
    }
}
