package dev.sixgate.edge.proxyprotocol;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a head says of the connection that it stands before.
 *
 * @param source the client; null, as is {@code destination}: the sender speaks for itself ({@code LOCAL}, {@code UNKNOWN})
 * @param destination what the client connected to
 */
public record ProxyHeader(
        @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
    static final ProxyHeader LOCAL = new ProxyHeader(null, null);
}
