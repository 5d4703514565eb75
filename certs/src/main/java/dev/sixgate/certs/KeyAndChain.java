package dev.sixgate.certs;

import java.net.InetAddress;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A private key and the certificates that stand for it.
 *
 * @param chain leaf first; at least one
 */
public record KeyAndChain(PrivateKey key, List<X509Certificate> chain) {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    public KeyAndChain {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) throw new IllegalArgumentException("a chain has at least the leaf certificate");
    }

    public X509Certificate leaf() {
        return chain.getFirst();
    }

    public KeyType keyType() {
        return KeyType.of(leaf().getPublicKey());
    }

    /** DNS names and IP addresses of the leaf's subjectAltName, lower case; the common name is not looked at (RFC 9525 §2). */
    public List<String> names() {
        Collection<List<?>> alternatives;
        try {
            alternatives = leaf().getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return List.of();
        }
        if (alternatives == null) return List.of();
        List<String> names = new ArrayList<>();
        for (List<?> alternative : alternatives) {
            if (alternative.getFirst().equals(DNS_NAME)) names.add(HostPattern.normalise((String) alternative.get(1)));
            else if (alternative.getFirst().equals(IP_ADDRESS)) names.add(address((String) alternative.get(1)));
        }
        return names;
    }

    /** One text per address, since an IPv6 address has many spellings. */
    private static String address(String text) {
        return InetAddress.ofLiteral(text).getHostAddress();
    }

    /** Whether a client that asks for {@code host} would find it in this certificate. */
    public boolean covers(String host) {
        String wanted = host;
        try {
            wanted = address(host);
        } catch (IllegalArgumentException _) {
            // A name, not an address.
        }
        for (String name : names()) if (HostPattern.covers(name, wanted)) return true;
        return false;
    }

    public Instant notBefore() {
        return leaf().getNotBefore().toInstant();
    }

    public Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    /**
     * Whether clients can be expected to build a path: the leaf is self-signed, or at least one issuer follows it.
     * Public CAs issue from an intermediate, which clients do not have.
     */
    public boolean hasIssuer() {
        return chain.size() > 1 || leaf().getIssuerX500Principal().equals(leaf().getSubjectX500Principal());
    }

    @Override
    public String toString() {
        return "KeyAndChain" + names();
    }
}
