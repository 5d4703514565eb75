package dev.sixgate.certs.acme;

import java.net.InetAddress;
import java.util.Locale;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Identifier;

/** What a certificate is ordered for: a host name, a wildcard, or an IP address (RFC 8738). */
record Subject(String name, @Nullable InetAddress address) {
    static Subject of(String name) {
        try {
            return new Subject(name, InetAddress.ofLiteral(name));
        } catch (IllegalArgumentException _) {
            return new Subject(name.toLowerCase(Locale.ROOT), null);
        }
    }

    Identifier identifier() {
        return address == null ? Identifier.dns(name) : Identifier.ip(address);
    }

    GeneralName generalName() {
        return address == null
                ? new GeneralName(GeneralName.dNSName, name)
                : new GeneralName(GeneralName.iPAddress, address.getHostAddress());
    }

    boolean isWildcard() {
        return name.startsWith("*.");
    }

    /** What a validating CA asks for in the handshake: the name, or the reverse name of an address (RFC 8738 §6). */
    String sni() {
        if (address == null) return name;
        byte[] bytes = address.getAddress();
        StringBuilder reverse = new StringBuilder(80);
        for (int i = bytes.length - 1; i >= 0; i--) {
            int octet = bytes[i] & 0xff;
            if (bytes.length == 4) reverse.append(octet).append('.');
            else
                reverse.append(Character.forDigit(octet & 15, 16))
                        .append('.')
                        .append(Character.forDigit(octet >> 4, 16))
                        .append('.');
        }
        return reverse.append(bytes.length == 4 ? "in-addr.arpa" : "ip6.arpa").toString();
    }
}
