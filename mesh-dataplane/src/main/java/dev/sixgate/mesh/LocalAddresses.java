package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.List;

/** Our own ranges, asked once per packet. */
final class LocalAddresses {
    private final Ipv6Prefix[] ranges;

    LocalAddresses(List<Ipv6Prefix> ranges) {
        this.ranges = ranges.toArray(Ipv6Prefix[]::new);
    }

    List<Ipv6Prefix> prefixes() {
        return List.of(ranges);
    }

    boolean contains(long high, long low) {
        for (Ipv6Prefix range : ranges) if (range.contains(high, low)) return true;
        return false;
    }

    boolean contains(Ipv6Address address) {
        return contains(address.high(), address.low());
    }

    /** First address of the first range; the one after it where that is the subnet-router anycast address (RFC 4291 §2.6.1). */
    Ipv6Address first() {
        Ipv6Prefix range = ranges[0];
        Ipv6Address address = range.address();
        return range.length() == 128 ? address : new Ipv6Address(address.high(), address.low() + 1);
    }
}
