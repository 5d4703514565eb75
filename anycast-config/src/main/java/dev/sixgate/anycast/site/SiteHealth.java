package dev.sixgate.anycast.site;

/**
 * What a site can do at one moment.
 *
 * @param serving whether it accepts connections and its event loops turn; without that nothing else counts
 * @param healthyApps of which a backend may be asked
 * @param atSoftLimit whether an app has no backend below its soft limit
 * @param accepted connections since the start
 */
public record SiteHealth(boolean serving, int healthyApps, int apps, boolean atSoftLimit, long accepted) {}
