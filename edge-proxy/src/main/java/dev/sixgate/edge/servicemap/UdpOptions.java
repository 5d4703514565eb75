package dev.sixgate.edge.servicemap;

import java.time.Duration;

/**
 * How datagrams of one port are kept together.
 *
 * @param idleTimeout a session ends after this without a datagram either way
 * @param maxSessions of the service, on all its ports and addresses
 * @param headerEachTime whether the PROXY protocol's head stands before every datagram, and not before the first alone
 */
public record UdpOptions(Duration idleTimeout, int maxSessions, boolean headerEachTime) {
    public static final UdpOptions DEFAULT = new UdpOptions(Duration.ofSeconds(60), 65_536, false);
}
