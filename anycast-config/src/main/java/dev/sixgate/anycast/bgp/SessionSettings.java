package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.AnycastPlan.Family;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One session with one router.
 *
 * @param routerId ours, not 0.0.0.0 (RFC 6286)
 * @param holdSeconds proposed: silence this long ends the session; the router may make it shorter. 0: never
 * @param nextHopIpv4 where routers send what is for our IPv4 prefixes; null: none are announced
 * @param nextHopIpv6 as above; null: none are announced
 */
public record SessionSettings(
        long localAs,
        Inet4Address routerId,
        long remoteAs,
        int holdSeconds,
        @Nullable Inet4Address nextHopIpv4,
        @Nullable Inet6Address nextHopIpv6) {
    /** @throws IllegalArgumentException with a plain sentence */
    public SessionSettings {
        requireAs(localAs);
        requireAs(remoteAs);
        if (routerId.isAnyLocalAddress()) throw new IllegalArgumentException("0.0.0.0 is not a router id");
        if (holdSeconds != 0 && (holdSeconds < 3 || holdSeconds > 0xffff))
            throw new IllegalArgumentException(
                    "a hold time of " + holdSeconds + " s is neither 0 nor between 3 and 65535");
        if (nextHopIpv4 == null && nextHopIpv6 == null)
            throw new IllegalArgumentException("a session needs a next hop of one family");
    }

    private static void requireAs(long as) {
        if (as < 1 || as > 0xffff_fffeL)
            throw new IllegalArgumentException("an AS of " + as + " is not between 1 and 4294967294");
    }

    Set<Family> families() {
        Set<Family> families = EnumSet.noneOf(Family.class);
        if (nextHopIpv4 != null) families.add(Family.IPV4);
        if (nextHopIpv6 != null) families.add(Family.IPV6);
        return families;
    }

    boolean sameAs() {
        return localAs == remoteAs;
    }
}
