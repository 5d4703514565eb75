package dev.sixgate.edge.http;

import dev.sixgate.edge.servicemap.AddressRange;
import java.net.InetAddress;
import java.util.List;

/** The proxies in front of this edge whose word about a request's origin is believed; everybody else's is replaced. */
public record TrustedProxies(List<AddressRange> ranges) {
    public static final TrustedProxies NONE = new TrustedProxies(List.of());

    public TrustedProxies {
        ranges = List.copyOf(ranges);
    }

    public boolean contains(InetAddress address) {
        for (AddressRange range : ranges) if (range.contains(address)) return true;
        return false;
    }
}
