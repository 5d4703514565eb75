/**
 * TLS towards clients: SNI finds the certificate, ALPN the protocol. Start at {@link dev.sixgate.edge.tls.TlsTermination}.
 * <p>Not here: where certificates come from ({@code dev.sixgate.certs}) and what is spoken inside.
 */
@NullMarked
package dev.sixgate.edge.tls;

import org.jspecify.annotations.NullMarked;
