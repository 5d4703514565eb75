package dev.sixgate.edge.servicemap;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Certificates of clients (mutual TLS). One that is shown must be good, whatever the mode.
 *
 * @param required whether a client without one is turned away
 * @param issuers who may have signed them; at least one
 */
public record ClientAuth(boolean required, List<X509Certificate> issuers) {
    public ClientAuth {
        issuers = List.copyOf(issuers);
    }

    /** Asked with every handshake. */
    @Override
    public int hashCode() {
        return issuers.size() * 2 + (required ? 1 : 0);
    }
}
