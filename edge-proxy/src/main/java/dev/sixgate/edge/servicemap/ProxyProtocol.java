package dev.sixgate.edge.servicemap;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The PROXY protocol on one port, to its backends and from the load balancers in front of it.
 *
 * @param send the version that backends get; null: none is sent
 * @param details what a head of version 2 says besides addresses
 * @param acceptFrom who begins each connection with a head; empty: nobody
 */
public record ProxyProtocol(@Nullable Version send, Set<Detail> details, List<AddressRange> acceptFrom) {
    public static final ProxyProtocol NONE = new ProxyProtocol(null, Set.of(), List.of());

    public enum Version {
        V1,
        V2
    }

    public enum Detail {
        AUTHORITY,
        ALPN,
        TLS,
        UNIQUE_ID
    }

    public ProxyProtocol {
        details = Set.copyOf(details);
        acceptFrom = List.copyOf(acceptFrom);
    }
}
