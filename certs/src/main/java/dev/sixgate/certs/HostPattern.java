package dev.sixgate.certs;

import java.util.Locale;

/** How a name in a certificate stands for a host (RFC 9525 §6.3): exact, or {@code *} for the whole leftmost label. */
final class HostPattern {
    private HostPattern() {}

    static String normalise(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    static boolean covers(String pattern, String host) {
        String wanted = normalise(host);
        String offered = normalise(pattern);
        if (offered.equals(wanted)) return true;
        int dot = wanted.indexOf('.');
        return offered.startsWith("*.") && dot > 0 && offered.substring(1).equals(wanted.substring(dot));
    }
}
