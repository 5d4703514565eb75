package dev.sixgate.edge.http;

import org.jspecify.annotations.Nullable;

/**
 * What the TLS handshake of a client connection agreed on.
 *
 * @param sni as the client sent it, in lower case; null when it sent none
 * @param version such as {@code TLSv1.3}
 * @param clientCertificate who the client proved to be, as {@link ClientCertificate} writes it; null: it was not asked, or
 *     showed none
 */
public record TlsFacts(
        @Nullable String sni,
        String version,
        String cipher,
        long handshakeNanos,
        @Nullable String clientCertificate) {
    /** Of a client without a certificate. */
    public TlsFacts(@Nullable String sni, String version, String cipher, long handshakeNanos) {
        this(sni, version, cipher, handshakeNanos, null);
    }
}
