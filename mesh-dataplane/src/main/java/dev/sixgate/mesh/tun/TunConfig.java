package dev.sixgate.mesh.tun;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.List;

/**
 * A TUN device as it shall be.
 *
 * @param name of the interface, 1 to 15 ASCII characters
 * @param addresses that the host has on it, each a /128; at least one
 * @param routes what the host reaches through it: the allowed IPs of the peers
 * @param mtu in bytes, that of the mesh: 1280 to 65535
 */
public record TunConfig(String name, List<Ipv6Address> addresses, List<Ipv6Prefix> routes, int mtu) {
    /** IFNAMSIZ less the zero. */
    private static final int NAME_MAX = 15;

    public TunConfig {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        if (!isName(name))
            throw new IllegalArgumentException("\"" + name
                    + "\" cannot name a network interface; take 1 to 15 of a-z, A-Z, 0-9, '_', '-' and '.'");
        if (addresses.isEmpty())
            throw new IllegalArgumentException("the TUN device " + name + " has no address; give it one of the mesh");
        if (mtu < 1280 || mtu > 65535)
            throw new IllegalArgumentException("mtu " + mtu + " is not between 1280, the IPv6 minimum, and 65535");
    }

    /** Whether Linux takes it as it is; it would fill in a percent sign. */
    public static boolean isName(String name) {
        return !name.isEmpty()
                && name.length() <= NAME_MAX
                && !name.equals(".")
                && !name.equals("..")
                && name.chars()
                        .allMatch(c -> c >= 'a' && c <= 'z'
                                || c >= 'A' && c <= 'Z'
                                || c >= '0' && c <= '9'
                                || c == '_'
                                || c == '-'
                                || c == '.');
    }
}
