package dev.sixgate.edge.servicemap;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS to backends.
 *
 * @param serverName asked for by SNI, and found in the backend's certificate
 * @param trust issuers that are believed; empty: those of the system
 * @param key of the certificate that we show; null: none is shown
 * @param chain leaf first; empty without {@code key}
 */
public record BackendTls(
        String serverName,
        List<X509Certificate> trust,
        @Nullable PrivateKey key,
        List<X509Certificate> chain) {
    public BackendTls {
        trust = List.copyOf(trust);
        chain = List.copyOf(chain);
    }

    /** Asked with every request. */
    @Override
    public int hashCode() {
        return serverName.hashCode();
    }

    @Override
    public String toString() {
        return "BackendTls[" + serverName + "]"; // never the key
    }
}
