package dev.sixgate.edge.servicemap;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One public port of a service with its options resolved (the port's word wins over the service's).
 *
 * @param port 1 to 65535 on every edge address
 * @param handlers empty = raw TCP; {@code [HTTP]}; {@code [TLS, HTTP]}; {@code [TLS]} = TLS terminated, bytes passed on; the
 *     latter and raw TCP also with PROXY_PROTO behind
 * @param forceHttpsPort 0: no; else plain requests are redirected to https on this port
 * @param udp null: a TCP port
 */
public record PortBinding(
        int port,
        List<Handler> handlers,
        TlsOptions tls,
        HttpOptions http,
        TcpOptions tcp,
        ProxyProtocol proxyProtocol,
        int forceHttpsPort,
        @Nullable UdpOptions udp) {
    public PortBinding {
        handlers = List.copyOf(handlers);
    }

    /** A TCP port. */
    public PortBinding(
            int port,
            List<Handler> handlers,
            TlsOptions tls,
            HttpOptions http,
            TcpOptions tcp,
            ProxyProtocol proxyProtocol,
            int forceHttpsPort) {
        this(port, handlers, tls, http, tcp, proxyProtocol, forceHttpsPort, null);
    }

    /** A UDP port. */
    public static PortBinding udp(int port, ProxyProtocol proxyProtocol, UdpOptions options) {
        List<Handler> handlers = proxyProtocol.send() == null ? List.of() : List.of(Handler.PROXY_PROTO);
        return new PortBinding(
                port, handlers, TlsOptions.DEFAULT, HttpOptions.DEFAULT, TcpOptions.DEFAULT, proxyProtocol, 0, options);
    }

    public boolean isUdp() {
        return udp != null;
    }

    /** Such as {@code 443/tcp}. */
    public String shown() {
        return port + (isUdp() ? "/udp" : "/tcp");
    }

    /** Without the PROXY protocol. */
    public PortBinding(
            int port, List<Handler> handlers, TlsOptions tls, HttpOptions http, TcpOptions tcp, int forceHttpsPort) {
        this(port, handlers, tls, http, tcp, ProxyProtocol.NONE, forceHttpsPort);
    }
}
