package dev.sixgate.anycast.site;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator wants of one site.
 *
 * @param withdraw null: its health never withdraws it
 * @param returnAfter how long it has to be healthy before it comes back; doubled by each withdrawal of the last minutes
 * @param prependAtSoftLimit whether its soft limit makes the path longer
 * @param drainWait how long a drain lets clients go, at most
 * @param others names of the other sites that announce the same
 */
public record SiteSettings(
        String site,
        @Nullable Withdraw withdraw,
        Duration returnAfter,
        boolean prependAtSoftLimit,
        Duration drainWait,
        List<String> others) {
    public SiteSettings {
        others = List.copyOf(others);
    }

    /**
     * @param healthyAppsBelow fewer than this many apps that can be served
     * @param after for so long
     * @param alone whether it withdraws although no other site is known to serve better
     */
    public record Withdraw(int healthyAppsBelow, Duration after, boolean alone) {}
}
