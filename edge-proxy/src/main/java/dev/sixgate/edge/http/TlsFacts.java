package dev.sixgate.edge.http;

import org.jspecify.annotations.Nullable;

/**
 * What the TLS handshake of a client connection agreed on.
 *
 * @param sni as the client sent it, in lower case; null when it sent none
 * @param version such as {@code TLSv1.3}
 */
public record TlsFacts(@Nullable String sni, String version, String cipher, long handshakeNanos) {}
