package dev.sixgate.edge.http;

import java.net.InetAddress;
import java.util.Locale;

/**
 * Whom a request is for (RFC 3986 §3.2 without user information).
 *
 * @param text as it goes upstream in Host: lower case, with the port if the client named one
 * @param host for the router: without port, brackets and final dot; empty when the client named none
 */
public record Authority(String text, String host) {
    public static final Authority NONE = new Authority("", "");
    private static final int MAX_LENGTH = 255 + 6;

    /** @throws BadMessageException unless it is a host name, an IPv4 address or a bracketed IPv6 one, with or without port */
    public static Authority parse(String text) throws BadMessageException {
        if (text.isEmpty()) throw BadMessageException.malformed("the host is empty");
        if (text.length() > MAX_LENGTH) throw BadMessageException.malformed("the host is too long");
        boolean literal = text.charAt(0) == '[';
        int hostEnd = literal ? text.indexOf(']') + 1 : text.indexOf(':');
        if (literal && hostEnd == 0) throw BadMessageException.malformed("the host has no closing bracket");
        if (hostEnd < 0) hostEnd = text.length();
        checkPort(text, hostEnd);
        String lower = text.toLowerCase(Locale.ROOT);
        if (literal) {
            String address = lower.substring(1, hostEnd - 1);
            checkIpv6(address);
            return new Authority(lower, address);
        }
        for (int i = 0; i < hostEnd; i++)
            if (text.charAt(i) > 0x7f || !Ascii.isRegName(text.charAt(i)))
                throw BadMessageException.malformed("the host holds a character that is not allowed");
        int nameEnd = hostEnd > 1 && lower.charAt(hostEnd - 1) == '.' ? hostEnd - 1 : hostEnd;
        if (nameEnd == 0 || lower.charAt(0) == '.') throw BadMessageException.malformed("the host has no name");
        return new Authority(lower, lower.substring(0, nameEnd));
    }

    private static void checkPort(String text, int colon) throws BadMessageException {
        if (colon == text.length()) return;
        int digits = text.length() - colon - 1;
        int port = 0;
        for (int i = colon + 1; i < text.length() && digits <= 5; i++)
            port = Ascii.isDigit(text.charAt(i)) ? port * 10 + text.charAt(i) - '0' : 1 << 20;
        if (text.charAt(colon) != ':' || digits == 0 || digits > 5 || port < 1 || port > 65535)
            throw BadMessageException.malformed("the host's port is not a number from 1 to 65535");
    }

    private static void checkIpv6(String address) throws BadMessageException {
        boolean plausible = address.indexOf(':') >= 0
                && address.chars().allMatch(c -> c == ':' || c == '.' || Ascii.hexDigit(c) >= 0);
        try {
            if (plausible) {
                InetAddress.ofLiteral(address);
                return;
            }
        } catch (IllegalArgumentException e) {
            // Told below, in our words.
        }
        throw BadMessageException.malformed("the host in brackets is not an IPv6 address");
    }
}
