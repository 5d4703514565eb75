package dev.sixgate.anycast;

/** How much of its traffic a site wants. */
public enum SiteState {
    ABLE,
    /** At its soft limit: announced by a longer path, so that others are preferred where they are near. */
    LIMITED,
    /** About to leave: announced as what to avoid, while clients find another site. */
    DRAINING,
    WITHDRAWN
}
