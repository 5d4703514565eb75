package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.P256;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.operator.OperatorCreationException;

/** The self-signed certificate that answers tls-alpn-01 (RFC 8737 §3). */
final class TlsAlpnCertificate {
    private static final ASN1ObjectIdentifier ACME_IDENTIFIER = new ASN1ObjectIdentifier("1.3.6.1.5.5.7.1.31");
    private static final Duration LIFE = Duration.ofDays(1);
    private static final Duration BACKDATE = Duration.ofHours(1);

    private TlsAlpnCertificate() {}

    /** @param digest SHA-256 of the key authorization */
    static KeyAndChain create(GeneralName name, byte[] digest, Instant now) {
        KeyPair pair = P256.newKeyPair();
        X500Principal nobody = new X500Principal("CN=acme-tls");
        try {
            var builder = P256.certificate(nobody, now.minus(BACKDATE), now.plus(LIFE), nobody, pair.getPublic())
                    .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name))
                    .addExtension(ACME_IDENTIFIER, true, new DEROctetString(digest));
            return new KeyAndChain(pair.getPrivate(), List.of(P256.sign(builder, pair.getPrivate())));
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("a P-256 certificate could not be made: " + e.getMessage(), e);
        }
    }
}
