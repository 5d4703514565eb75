package dev.sixgate.edge.servicemap;

import java.util.List;

/**
 * One public port of a service with its options resolved (the port's word wins over the service's).
 *
 * @param port 1 to 65535 on every edge address
 * @param handlers empty = raw TCP; {@code [HTTP]}; {@code [TLS, HTTP]}; {@code [TLS]} = TLS terminated, bytes passed on; the
 *     latter and raw TCP also with PROXY_PROTO behind
 * @param forceHttpsPort 0: no; else plain requests are redirected to https on this port
 */
public record PortBinding(
        int port,
        List<Handler> handlers,
        TlsOptions tls,
        HttpOptions http,
        TcpOptions tcp,
        ProxyProtocol proxyProtocol,
        int forceHttpsPort) {
    public PortBinding {
        handlers = List.copyOf(handlers);
    }

    /** Without the PROXY protocol. */
    public PortBinding(
            int port, List<Handler> handlers, TlsOptions tls, HttpOptions http, TcpOptions tcp, int forceHttpsPort) {
        this(port, handlers, tls, http, tcp, ProxyProtocol.NONE, forceHttpsPort);
    }
}
