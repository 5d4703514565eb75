package dev.sixgate.edge.node;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A port of the node's mesh addresses and the app behind it.
 *
 * @param port 1 to 65535
 * @param candidates where the app may listen; the first that accepts gets the connection; at least one
 */
public record NodePort(int port, List<InetSocketAddress> candidates) {
    private static final String FORM =
            "write PORT or PORT=ADDRESS:PORT, such as 8080=127.0.0.1:3000 or 8080=[::1]:3000";

    public NodePort {
        checkPort(port, Integer.toString(port));
        candidates = List.copyOf(candidates);
        if (candidates.isEmpty()) throw new IllegalArgumentException("port " + port + " leads nowhere; " + FORM);
    }

    /** Whatever listens on the same port of loopback, IPv4 first: most apps that know one family know that one. */
    public static NodePort toLoopback(int port) {
        checkPort(port, Integer.toString(port));
        return new NodePort(port, loopback(port));
    }

    /**
     * Reads {@code 8080}, {@code 8080=127.0.0.1:3000}, {@code 8080=[::1]:3000} or {@code 8080=localhost:3000}. Never asks DNS.
     *
     * @throws IllegalArgumentException with a sentence that says what to write
     */
    public static NodePort parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) return toLoopback(port(text, text));
        return new NodePort(port(text.substring(0, equals), text), target(text.substring(equals + 1)));
    }

    /**
     * Reads {@code 127.0.0.1:3000}, {@code [::1]:3000} or {@code localhost:3000} (either family). Never asks DNS.
     *
     * @throws IllegalArgumentException with a sentence that says what to write
     */
    public static List<InetSocketAddress> target(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty() || !bracketed && host.indexOf(':') >= 0)
            throw new IllegalArgumentException("\"" + text + "\" is not an address and a port; " + FORM);
        int port = port(text.substring(colon + 1), text);
        if (host.equals("localhost")) return loopback(port);
        try {
            String literal = bracketed ? host.substring(1, host.length() - 1) : host;
            InetAddress address = InetAddress.ofLiteral(literal);
            if (bracketed == literal.indexOf(':') >= 0) return List.of(new InetSocketAddress(address, port));
        } catch (IllegalArgumentException _) {
            // Said below: names other than localhost are not looked up.
        }
        throw new IllegalArgumentException("\"" + host + "\" is not an IP address; " + FORM);
    }

    private static List<InetSocketAddress> loopback(int port) {
        return List.of(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                new InetSocketAddress(InetAddress.ofLiteral("::1"), port));
    }

    private static int port(String digits, String text) {
        try {
            int port = Integer.parseInt(digits);
            checkPort(port, digits);
            return port;
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("\"" + text + "\" has no port number; " + FORM);
        }
    }

    private static void checkPort(int port, String digits) {
        if (port < 1 || port > 65535)
            throw new IllegalArgumentException("port " + digits + " is not between 1 and 65535");
    }

    @Override
    public String toString() {
        InetSocketAddress first = candidates.getFirst();
        String address = first.getAddress().getHostAddress();
        return port + "=" + (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + first.getPort();
    }
}
