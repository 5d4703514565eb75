package dev.sixgate.mesh.tun;

/**
 * Packets through a TUN device since it was attached.
 *
 * @param fromHost read from it
 * @param toHost written to it
 * @param refused for the host, that it did not take
 */
public record TunStatistics(long fromHost, long toHost, long refused) {}
