package dev.sixgate.edge.anycast;

/**
 * How it stands with one router.
 *
 * @param state such as {@code established}
 * @param sinceNanos when that began; -1: not known
 * @param told what the router has of us, in words
 * @param problem the last one; empty: none
 */
public record NeighborStatus(
        String address, long remoteAs, String state, long sinceNanos, String told, String problem) {}
