package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import org.jspecify.annotations.Nullable;

/**
 * Cryptokey routing (whitepaper §2): IPv6 prefix → owner, longest prefix first. A binary trie with compressed paths; only
 * grows, and is built anew when peers change.
 *
 * @param <T> the owner of a prefix
 */
final class AllowedIps<T> {
    private @Nullable Node<T> root;

    /** Gives a prefix an owner; the last one to come keeps it. */
    void insert(Ipv6Prefix prefix, T owner) {
        root = insert(root, prefix.address().high(), prefix.address().low(), prefix.length(), owner);
    }

    /** The owner of the longest prefix that covers the address, or null. */
    @Nullable
    T find(long high, long low) {
        T best = null;
        for (Node<T> node = root; node != null && node.covers(high, low); ) {
            if (node.owner != null) best = node.owner;
            if (node.length == 128) break;
            node = bit(high, low, node.length) == 0 ? node.zero : node.one;
        }
        return best;
    }

    private static <T> Node<T> insert(@Nullable Node<T> node, long high, long low, int length, T owner) {
        if (node == null) return new Node<>(high, low, length, owner);
        int common = Math.min(commonBits(node.high, node.low, high, low), Math.min(node.length, length));
        if (common < node.length) {
            // The new prefix, or a fork that only holds the two together, goes above this node.
            Node<T> above = new Node<>(high, low, common, common == length ? owner : null);
            if (bit(node.high, node.low, common) == 0) above.zero = node;
            else above.one = node;
            if (common == length) return above;
            node = above;
        } else if (length == node.length) {
            node.owner = owner;
            return node;
        }
        if (bit(high, low, node.length) == 0) node.zero = insert(node.zero, high, low, length, owner);
        else node.one = insert(node.one, high, low, length, owner);
        return node;
    }

    private static int commonBits(long high, long low, long otherHigh, long otherLow) {
        return high == otherHigh
                ? 64 + Long.numberOfLeadingZeros(low ^ otherLow)
                : Long.numberOfLeadingZeros(high ^ otherHigh);
    }

    private static int bit(long high, long low, int index) {
        return (int) ((index < 64 ? high : low) >>> (63 - index % 64)) & 1;
    }

    private static final class Node<T> {
        final long high;
        final long low;
        final int length;

        @Nullable
        T owner;

        @Nullable
        Node<T> zero;

        @Nullable
        Node<T> one;

        Node(long high, long low, int length, @Nullable T owner) {
            this.high = high;
            this.low = low;
            this.length = length;
            this.owner = owner;
        }

        boolean covers(long otherHigh, long otherLow) {
            return commonBits(high, low, otherHigh, otherLow) >= length;
        }
    }
}
