package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses, and addresses with ports, as operators write them. Never asks DNS. */
final class Addresses {
    /** @param address null: {@code host} is a name */
    record HostAndPort(String host, @Nullable InetAddress address, int port) {}

    private static final Pattern IPV4 = Pattern.compile(
            "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}");
    private static final Pattern BRACKETED = Pattern.compile("\\[([^\\[\\]]*)\\](?::([0-9]{1,6}))?");
    private static final Pattern WITH_PORT = Pattern.compile("([^:\\[\\]]+):([0-9]{1,6})");
    private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");

    private final Problems problems;

    Addresses(Problems problems) {
        this.problems = problems;
    }

    /** An IPv4 or IPv6 address; null when {@code text} is neither.. */
    static @Nullable InetAddress literal(String text) {
        if (IPV4.matcher(text).matches()) return InetAddress.ofLiteral(text);
        try {
            return Ipv6Address.parse(text).toInetAddress();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** RFC 1123 host name, lower case; with {@code wildcard} also {@code *.example.com}. Null when it is neither. */
    static @Nullable String hostname(String text, boolean wildcard) {
        String name = text.toLowerCase(Locale.ROOT);
        if (name.endsWith(".")) name = name.substring(0, name.length() - 1);
        if (name.isEmpty() || name.length() > 253) return null;
        String[] labels = name.split("\\.", -1);
        for (int i = 0; i < labels.length; i++) {
            boolean star = wildcard && i == 0 && labels.length > 1 && labels[0].equals("*");
            if (!star && !LABEL.matcher(labels[i]).matches()) return null;
        }
        return name;
    }

    /** An address alone. Null with a problem told when it is none, or a mapped or link-local one. */
    @Nullable
    InetAddress address(JsonText node, String what) {
        InetAddress address = literal(node.text());
        if (address != null) return isUsable(address, node.text(), node.spot()) ? address : null;
        if (toldAsLinkLocal(node.text(), node.spot()) || toldAsUnbracketed(node.text(), node.spot())) return null;
        problems.error(Code.JSON_010, node.spot(), what + ": " + Quoted.of(node.text()) + " is not an IP address");
        return null;
    }

    /**
     * An address, alone or with a port.
     *
     * @return port 0 when none is given; null with a problem told
     */
    @Nullable
    HostAndPort addressMaybePort(JsonText node, String what) {
        Matcher matcher = portMatcher(node.text());
        if (matcher == null) {
            InetAddress address = address(node, what);
            return address == null ? null : new HostAndPort(node.text(), address, 0);
        }
        return withPort(node.text(), matcher, node.spot(), false, false, what);
    }

    /**
     * {@code 192.0.2.1:51820}, {@code [2001:db8::1]:51820} or, with {@code names}, {@code host.example.com:51820}.
     *
     * @return null with a problem told
     */
    @Nullable
    HostAndPort hostAndPort(String text, Spot spot, boolean names, String what) {
        Matcher matcher = portMatcher(text);
        if (matcher != null) return withPort(text, matcher, spot, names, true, what);
        if (toldAsLinkLocal(text, spot) || toldAsUnbracketed(text, spot)) return null;
        if (literal(text) instanceof Inet6Address) {
            problems.error(
                    Code.ADDR_003,
                    spot,
                    Quoted.of(text) + " reads as an address without a port",
                    "\"[" + Quoted.bare(text) + "]:PORT\"");
            return null;
        }
        problems.error(
                Code.JSON_010,
                spot,
                what + ": " + Quoted.of(text) + " is not " + (names ? "a host and a port" : "an address and a port"),
                "such as \"192.0.2.1:51820\" or \"[2001:db8::1]:51820\"");
        return null;
    }

    private static @Nullable Matcher portMatcher(String text) {
        Matcher bracketed = BRACKETED.matcher(text);
        if (bracketed.matches()) return bracketed;
        Matcher plain = WITH_PORT.matcher(text);
        return plain.matches() ? plain : null;
    }

    private @Nullable HostAndPort withPort(
            String text, Matcher matcher, Spot spot, boolean names, boolean portNeeded, String what) {
        String host = matcher.group(1);
        String digits = matcher.group(2);
        int port = digits == null ? 0 : Integer.parseInt(digits);
        if (port > 65535 || digits != null && port == 0 || digits == null && portNeeded) {
            problems.error(
                    Code.JSON_010,
                    spot,
                    what + ": " + Quoted.of(text) + " has no port between 1 and 65535",
                    "such as \"[2001:db8::1]:51820\"");
            return null;
        }
        if (toldAsLinkLocal(host, spot)) return null;
        InetAddress address = literal(host);
        if (text.startsWith("[") != (address instanceof Inet6Address)) address = null;
        if (address != null) return isUsable(address, host, spot) ? new HostAndPort(host, address, port) : null;
        String name = names && !text.startsWith("[") && !host.matches("[0-9.]+") ? hostname(host, false) : null;
        if (name != null) return new HostAndPort(name, null, port);
        problems.error(
                Code.JSON_010,
                spot,
                what + ": " + Quoted.of(host) + " is not " + (names ? "an address or a host name" : "an IP address"));
        return null;
    }

    private boolean isUsable(InetAddress address, String text, Spot spot) {
        if (address instanceof Inet6Address v6) {
            Ipv6Address bits = Ipv6Address.of(v6);
            boolean mapped = bits.high() == 0 && bits.low() >>> 32 == 0xffff;
            if (mapped) {
                long low = bits.low();
                String plain =
                        (low >>> 24 & 255) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255);
                problems.error(
                        Code.ADDR_004, spot, Quoted.bare(text) + " is an IPv4 address in disguise", "write " + plain);
                return false;
            }
        }
        return !address.isLinkLocalAddress() || !toldAsLinkLocal(text, spot);
    }

    private boolean toldAsLinkLocal(String text, Spot spot) {
        InetAddress address = literal(text.replaceFirst("%.*", ""));
        if (address == null || !address.isLinkLocalAddress()) return false;
        problems.error(
                Code.ADDR_004,
                spot,
                Quoted.bare(text) + " is a link-local address, which names another host on each link",
                "write a global or an fdaa:: address");
        return true;
    }

    /** {@code fdaa:…:2:8080} with nine groups, or with {@code ::} and a port that is no group. */
    private boolean toldAsUnbracketed(String text, Spot spot) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || !text.substring(colon + 1).matches("[0-9]{1,5}")) return false;
        String host = text.substring(0, colon);
        if (host.indexOf(':') < 0 || literal(text) != null || literal(host) == null) return false;
        if (Integer.parseInt(text.substring(colon + 1)) > 65535) return false;
        problems.error(
                Code.ADDR_003,
                spot,
                Quoted.of(text) + " reads as an address, not address and port",
                "\"[" + host + "]" + text.substring(colon) + "\"");
        return true;
    }
}
