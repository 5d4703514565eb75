package dev.sixgate.edge.http;

import dev.sixgate.edge.servicemap.HttpOptions;
import java.net.InetSocketAddress;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a client connection before its first request.
 *
 * @param port the listener's port, which the router asks for
 * @param tls null on plain ports
 * @param alpn the protocol that the handshake agreed on; null: none
 * @param proxy who connected in the client's name, and said so in a PROXY protocol head; null: the client itself
 * @param trusted proxies whose word about where requests come from is believed
 * @param altSvc tells clients where else the same is served (RFC 7838); null: nowhere
 * @param draining asked at each request: true once the edge takes no more of them on this connection
 */
public record ConnectionContext(
        InetSocketAddress client,
        InetSocketAddress local,
        int port,
        @Nullable TlsFacts tls,
        @Nullable String alpn,
        @Nullable InetSocketAddress proxy,
        HttpOptions options,
        BooleanSupplier draining,
        TrustedProxies trusted,
        @Nullable String altSvc) {
    /** Of a client that connected itself, where nothing else is offered. */
    public ConnectionContext(
            InetSocketAddress client,
            InetSocketAddress local,
            int port,
            @Nullable TlsFacts tls,
            HttpOptions options,
            BooleanSupplier draining,
            TrustedProxies trusted) {
        this(client, local, port, tls, null, null, options, draining, trusted, null);
    }

    /** With nobody trusted. */
    public ConnectionContext(
            InetSocketAddress client,
            InetSocketAddress local,
            int port,
            @Nullable TlsFacts tls,
            HttpOptions options,
            BooleanSupplier draining) {
        this(client, local, port, tls, options, draining, TrustedProxies.NONE);
    }

    /** Whether the other end is a proxy whose word about its clients counts. */
    public boolean isFromTrustedProxy() {
        return !trusted.ranges().isEmpty() && trusted.contains(client.getAddress());
    }
}
