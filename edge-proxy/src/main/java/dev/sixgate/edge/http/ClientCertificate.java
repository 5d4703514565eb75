package dev.sixgate.edge.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a client proved to hold, as backends read it in X-Forwarded-Client-Cert: {@code Hash} (SHA-256 of the
 * certificate), {@code Subject} (RFC 2253, quoted), then {@code URI} and {@code DNS} for each such name.
 */
public final class ClientCertificate {
    static final String FIELD = "x-forwarded-client-cert";

    /** Of names, together; what is longer is left out, for backends bound their heads. */
    private static final int MAX_NAMES_LENGTH = 2048;

    private static final int URI = 6;
    private static final int DNS = 2;

    private ClientCertificate() {}

    /** Null when the client showed none; the handshake has verified what it showed. */
    public static @Nullable String of(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate leaf ? text(leaf) : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    static String text(X509Certificate leaf) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded());
            StringBuilder text = new StringBuilder("Hash=")
                    .append(HexFormat.of().formatHex(hash))
                    .append(";Subject=\"")
                    .append(escaped(leaf.getSubjectX500Principal().getName()))
                    .append('"');
            append(text, leaf, URI, ";URI=");
            append(text, leaf, DNS, ";DNS=");
            return text.toString();
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException(e); // it came out of a handshake that has read it
        }
    }

    private static void append(StringBuilder text, X509Certificate leaf, int type, String prefix) {
        Collection<List<?>> names;
        try {
            names = leaf.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return;
        }
        if (names == null) return;
        for (List<?> name : names) {
            if (!Integer.valueOf(type).equals(name.get(0)) || !(name.get(1) instanceof String value)) continue;
            String escaped = escaped(value);
            if (text.length() + escaped.length() <= MAX_NAMES_LENGTH)
                text.append(prefix).append('"').append(escaped).append('"');
        }
    }

    /** Nothing in a certificate may end the quotes or the line: what is not plain is percent-encoded. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b >= ' ' && b < 0x7f && b != '"' && b != '\\' && b != '%';
            if (plain) escaped.append((char) b);
            else escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
        }
        return escaped.toString();
    }
}
