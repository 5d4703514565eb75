package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Certificates of issuers that are believed: {@code { "file": "ca.pem" }}. */
final class IssuersReader {
    private static final int MAX_TRUST_BYTES = 4 << 20;

    private final Scope scope;
    private final Problems problems;

    IssuersReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** Empty when {@code key} is absent, or told as a problem. */
    List<X509Certificate> read(Fields fields, String key) {
        Fields trust = fields.object(key, KeyCatalogue.TRUST).orElse(null);
        if (trust == null || !trust.require("file", "\"file\": \"ca.pem\"")) return List.of();
        JsonText file = trust.textNode("file");
        byte[] bytes = file == null ? null : scope.read(file.text(), file.spot(), MAX_TRUST_BYTES, null);
        if (file == null || bytes == null) return List.of();
        List<X509Certificate> issuers = new ArrayList<>();
        try {
            for (Certificate each :
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes)))
                issuers.add((X509Certificate) each);
        } catch (CertificateException e) {
            issuers.clear();
        }
        if (issuers.isEmpty())
            problems.error(
                    Code.TLS_008,
                    file.spot(),
                    Quoted.bare(file.text()) + " holds no certificate that can be understood",
                    "a PEM file with the issuers' certificates");
        return issuers;
    }
}
