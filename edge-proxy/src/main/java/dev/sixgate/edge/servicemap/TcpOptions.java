package dev.sixgate.edge.servicemap;

import java.time.Duration;

/**
 * Layer 4 bounds.
 *
 * @param connectTimeout one attempt to reach a backend
 * @param idleTimeout without a byte either way; zero: none
 * @param maxLifetime of a connection; zero: none
 */
public record TcpOptions(Duration connectTimeout, Duration idleTimeout, Duration maxLifetime) {
    public static final TcpOptions DEFAULT = new TcpOptions(Duration.ofSeconds(5), Duration.ofHours(1), Duration.ZERO);
}
