package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.site.SiteSettings;
import java.net.Inet6Address;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an edge announces, and how.
 *
 * @param nextHopIpv4 for IPv4 prefixes in a session over IPv6; null: there is none
 * @param nextHopIpv6 the other way round
 * @param sites others that announce the same
 */
public record AnycastSettings(
        AnycastPlan plan,
        SiteSettings rules,
        Speaker speaker,
        java.net.@Nullable Inet4Address nextHopIpv4,
        @Nullable Inet6Address nextHopIpv6,
        List<Site> sites) {
    public AnycastSettings {
        sites = List.copyOf(sites);
    }

    /** @param address in the mesh */
    public record Site(String name, Inet6Address address) {}

    /** Who speaks BGP. */
    public sealed interface Speaker {
        /** This process. */
        record Embedded() implements Speaker {}

        /**
         * BIRD on this host.
         *
         * @param control its control socket
         * @param file its configuration, written by us
         */
        record Bird(Path control, Path file) implements Speaker {}

        /** Nobody that we tell: the operator renders and loads. */
        record None() implements Speaker {}
    }
}
