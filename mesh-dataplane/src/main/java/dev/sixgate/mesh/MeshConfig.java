package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.util.List;

/**
 * One mesh identity.
 *
 * @param addresses our own ranges; the first address of the first one (its {@code ::1} when the range's own address
 *     ends in zero bits) is the default source
 * @param mtu inner MTU in bytes, 1280 to 65535
 */
public record MeshConfig(PrivateKey privateKey, List<Ipv6Prefix> addresses, int mtu, List<PeerConfig> peers) {
    public static final int DEFAULT_MTU = 1420;

    /**
     * The share of one of {@code count} identities that stand side by side with the same peers: the first keeps the key,
     * further ones have keys derived from it ({@link PrivateKey#derive}), and each has an equal part of every range.
     *
     * @param index from 0
     * @throws IllegalArgumentException when a range is too small to be shared
     */
    public MeshConfig identity(int index, int count) {
        if (count == 1) return this;
        int bits = Ipv6Prefix.partBits(count);
        return new MeshConfig(
                index == 0 ? privateKey : privateKey.derive(index),
                addresses.stream().map(range -> range.part(index, bits)).toList(),
                mtu,
                peers);
    }

    /** The address that connections leave from when none is chosen. */
    public Ipv6Address defaultSource() {
        return new LocalAddresses(addresses).first();
    }

    public MeshConfig {
        addresses = List.copyOf(addresses);
        peers = List.copyOf(peers);
        if (addresses.isEmpty()) throw new IllegalArgumentException("a mesh needs at least one address of its own");
        if (mtu < 1280 || mtu > 65535)
            throw new IllegalArgumentException("mtu " + mtu + " is not between 1280, the IPv6 minimum, and 65535");
    }
}
