package dev.sixgate.edge.servicemap;

import org.jspecify.annotations.Nullable;

/**
 * How a service's backends are spoken to.
 *
 * @param http2 HTTP/2, many requests on one connection; else HTTP/1.1
 * @param tls null: in plain text, within the tunnel
 */
public record BackendProtocol(boolean http2, @Nullable BackendTls tls) {
    public static final BackendProtocol HTTP_1_1 = new BackendProtocol(false, null);

    /** The same backend for what HTTP/2 does not carry here: WebSockets. */
    public BackendProtocol withoutHttp2() {
        return http2 ? tls == null ? HTTP_1_1 : new BackendProtocol(false, tls) : this;
    }
}
