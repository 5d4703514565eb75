package dev.sixgate.anycast;

import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one site announces, and to whom.
 *
 * @param site stands in comments
 * @param routerId a number of 32 bits, written as an IPv4 address (RFC 6286)
 * @param prependTimes how often our AS is repeated while the site is {@link SiteState#LIMITED}
 */
public record AnycastPlan(
        String site,
        long localAs,
        InetAddress routerId,
        List<Prefix> announce,
        List<Neighbor> neighbors,
        int prependTimes) {
    /** GRACEFUL_SHUTDOWN (RFC 8326 §5): whoever hears it takes another way, while there is one. */
    public static final Community GRACEFUL_SHUTDOWN = new Community(65535, 0);

    /** How often our AS is repeated while the site drains, for those that do not know the community. */
    public static final int DRAIN_PREPEND = 3;

    public AnycastPlan {
        announce = List.copyOf(announce);
        neighbors = List.copyOf(neighbors);
    }

    /** What of it a neighbor is told. */
    public List<Prefix> announceTo(Neighbor neighbor) {
        return announce.stream()
                .filter(prefix -> neighbor.families().contains(Family.of(prefix.address())))
                .toList();
    }

    /** How often our AS stands in the path besides the once that BGP puts there. */
    public int prepend(Neighbor neighbor, SiteState state) {
        return neighbor.prepend()
                + switch (state) {
                    case ABLE, WITHDRAWN -> 0;
                    case LIMITED -> prependTimes;
                    case DRAINING -> DRAIN_PREPEND;
                };
    }

    /** An address family of unicast routes. */
    public enum Family {
        IPV4,
        IPV6;

        public static Family of(InetAddress address) {
            return address.getAddress().length == 4 ? IPV4 : IPV6;
        }
    }

    /**
     * A router that is told.
     *
     * @param localAddress that the session leaves from; null: as the system chooses
     * @param password of TCP-MD5 (RFC 2385); null: none
     * @param bfd null: silence is noticed by BGP's hold timer alone
     * @param med null: none is sent
     * @param prepend how often our AS is repeated
     * @param maxPrefix how many prefixes it is told at most, as a guard; 0: no guard
     * @param port that the router listens on
     * @param holdSeconds proposed: silence this long ends the session; 0: as whoever speaks has it by itself
     */
    public record Neighbor(
            InetAddress address,
            @Nullable InetAddress localAddress,
            long remoteAs,
            @Nullable String password,
            @Nullable Bfd bfd,
            @Nullable Long med,
            List<Community> communities,
            int prepend,
            int maxPrefix,
            Set<Family> families,
            int port,
            int holdSeconds) {
        public static final int BGP_PORT = 179;

        public Neighbor {
            communities = List.copyOf(communities);
            families = Set.copyOf(families);
        }
    }

    /** Bidirectional forwarding detection (RFC 5880): silence is noticed after the product. */
    public record Bfd(int intervalMillis, int multiplier) {}

    /** RFC 1997; both halves of 16 bits. */
    public record Community(int high, int low) {
        @Override
        public String toString() {
            return high + ":" + low;
        }
    }
}
