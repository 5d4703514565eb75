package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.Collection;
import java.util.List;

/** Our own ranges, asked once per packet. */
final class LocalAddresses {
    private final Ipv6Prefix[] ranges;
    /** Single addresses besides, in order; asked for what is in no range. */
    private Ipv6Address[] singles = {};

    LocalAddresses(List<Ipv6Prefix> ranges) {
        this.ranges = ranges.toArray(Ipv6Prefix[]::new);
    }

    List<Ipv6Prefix> prefixes() {
        return List.of(ranges);
    }

    boolean contains(long high, long low) {
        for (Ipv6Prefix range : ranges) if (range.contains(high, low)) return true;
        return singles.length > 0 && isSingle(high, low);
    }

    private boolean isSingle(long high, long low) {
        int from = 0;
        int to = singles.length - 1;
        while (from <= to) {
            int middle = (from + to) >>> 1;
            Ipv6Address single = singles[middle];
            int order = Long.compareUnsigned(single.high(), high);
            if (order == 0) order = Long.compareUnsigned(single.low(), low);
            if (order == 0) return true;
            if (order < 0) from = middle + 1;
            else to = middle - 1;
        }
        return false;
    }

    /** These besides the ranges, and no others. */
    void alsoSingle(Collection<Ipv6Address> addresses) {
        singles = addresses.stream()
                .distinct()
                .sorted((a, b) -> {
                    int order = Long.compareUnsigned(a.high(), b.high());
                    return order != 0 ? order : Long.compareUnsigned(a.low(), b.low());
                })
                .toArray(Ipv6Address[]::new);
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
