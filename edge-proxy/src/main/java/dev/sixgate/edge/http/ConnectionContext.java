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
 * @param draining asked at each request: true once the edge takes no more of them on this connection
 */
public record ConnectionContext(
        InetSocketAddress client,
        InetSocketAddress local,
        int port,
        @Nullable TlsFacts tls,
        HttpOptions options,
        BooleanSupplier draining) {}
