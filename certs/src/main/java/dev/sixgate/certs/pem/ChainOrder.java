package dev.sixgate.certs.pem;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts certificates in the order that a handshake wants (RFC 8446 §4.4.2): the leaf, then its issuer, then that one's. */
final class ChainOrder {
    private ChainOrder() {}

    /** Those of {@code listed} that lead from the leaf upwards; others are left out. */
    static List<X509Certificate> from(X509Certificate leaf, List<X509Certificate> listed) {
        List<X509Certificate> chain = new ArrayList<>(List.of(leaf));
        while (chain.size() <= listed.size()) {
            X509Certificate issuer = issuer(chain.getLast(), listed);
            if (issuer == null || chain.contains(issuer)) break;
            chain.add(issuer);
        }
        return chain;
    }

    private static @Nullable X509Certificate issuer(X509Certificate of, List<X509Certificate> listed) {
        for (X509Certificate candidate : listed)
            if (candidate.getSubjectX500Principal().equals(of.getIssuerX500Principal()) && signed(of, candidate))
                return candidate;
        return null;
    }

    private static boolean signed(X509Certificate certificate, X509Certificate by) {
        try {
            certificate.verify(by.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
