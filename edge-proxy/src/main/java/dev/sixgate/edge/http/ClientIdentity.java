package dev.sixgate.edge.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who a request came from, as a trusted proxy says. From right to left, as the hops were added: the first address that is no
 * trusted proxy is the client, and what stands left of it, which anyone could have written, is not looked at.
 * X-Forwarded-For is read, or Forwarded (RFC 7239) where there is none.
 *
 * @param client its port is 0 unless the proxy named it
 * @param hops the trusted proxies behind the client, the one that connected to us last
 * @param secure whether the client spoke https
 * @param host as the client asked for it; null: as in Host
 * @param port 0: that of our listener
 * @param requestId the proxy's own; null: none that could be passed on
 */
public record ClientIdentity(
        InetSocketAddress client,
        List<InetAddress> hops,
        boolean secure,
        @Nullable String host,
        int port,
        @Nullable String requestId) {
    private static final int MAX_HOPS = 32;
    private static final int MAX_REQUEST_ID = 128;

    public ClientIdentity {
        hops = List.copyOf(hops);
    }

    /** @param fields of a request that came from one of {@code trusted}, before anything was dropped */
    public static ClientIdentity of(ConnectionContext connection, Fields fields) {
        boolean secure = connection.tls() != null;
        InetSocketAddress client = connection.client();
        List<InetAddress> hops = new ArrayList<>(2);
        List<String> chain = chain(fields);
        for (int i = chain.size() - 1; i >= 0; i--) {
            if (!connection.trusted().contains(client.getAddress()) || hops.size() == MAX_HOPS) break;
            InetSocketAddress next = node(chain.get(i));
            if (next == null) break; // "unknown", an obfuscated name, garbage: who reported it is the last one known
            hops.addFirst(client.getAddress());
            client = next;
        }
        String scheme = last(fields, "x-forwarded-proto");
        if (scheme == null) scheme = parameter(lastElement(fields), "proto");
        if ("https".equalsIgnoreCase(scheme)) secure = true;
        else if ("http".equalsIgnoreCase(scheme)) secure = false;
        return new ClientIdentity(client, hops, secure, host(fields), port(fields), requestId(fields));
    }

    private static List<String> chain(Fields fields) {
        List<String> chain = new ArrayList<>(4);
        for (int i = fields.indexOf(FieldName.X_FORWARDED, 0); i >= 0; i = fields.indexOf(FieldName.X_FORWARDED, i + 1))
            if (fields.nameText(i).equalsIgnoreCase("x-forwarded-for")) chain.addAll(elements(fields.value(i)));
        if (!chain.isEmpty()) return chain;
        for (int i = fields.indexOf(FieldName.FORWARDED, 0); i >= 0; i = fields.indexOf(FieldName.FORWARDED, i + 1))
            for (String element : elements(fields.value(i))) {
                String node = parameter(element, "for");
                chain.add(node == null ? "" : node);
            }
        return chain;
    }

    /** Split at commas outside of quotes; the last {@link #MAX_HOPS} of them. */
    private static List<String> elements(String value) {
        Deque<String> elements = new ArrayDeque<>(4);
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i <= value.length(); i++) {
            char c = i == value.length() ? ',' : value.charAt(i);
            if (c == '"') quoted = !quoted;
            if (i < value.length() && (c != ',' || quoted)) continue;
            elements.add(value.substring(from, i).strip());
            if (elements.size() > MAX_HOPS) elements.removeFirst();
            from = i + 1;
        }
        return List.copyOf(elements);
    }

    private static String lastElement(Fields fields) {
        String value = "";
        for (int i = fields.indexOf(FieldName.FORWARDED, 0); i >= 0; i = fields.indexOf(FieldName.FORWARDED, i + 1))
            value = fields.value(i);
        return elements(value).getLast();
    }

    private static @Nullable String parameter(String element, String name) {
        for (String pair : element.split(";", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 0 || !pair.substring(0, equals).strip().equalsIgnoreCase(name)) continue;
            String value = pair.substring(equals + 1).strip();
            boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
            return quoted ? value.substring(1, value.length() - 1) : value;
        }
        return null;
    }

    /** An address with or without port, IPv6 with or without brackets, as the field's proxies write them. */
    static @Nullable InetSocketAddress node(String text) {
        String address = text;
        String port = "";
        int bracket = text.indexOf(']');
        int colon = text.indexOf(':');
        if (text.startsWith("[") && bracket > 0) {
            address = text.substring(1, bracket);
            if (bracket + 1 < text.length()) {
                if (text.charAt(bracket + 1) != ':') return null;
                port = text.substring(bracket + 2);
            }
        } else if (colon >= 0 && text.indexOf(':', colon + 1) < 0) {
            address = text.substring(0, colon);
            port = text.substring(colon + 1);
        }
        boolean four = address.indexOf(':') < 0;
        if (address.indexOf('%') >= 0 || four && !address.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")) return null;
        if (!port.isEmpty() && (port.length() > 5 || !port.chars().allMatch(Character::isDigit))) return null;
        int number = port.isEmpty() ? 0 : Integer.parseInt(port);
        try {
            return number > 65535 ? null : new InetSocketAddress(InetAddress.ofLiteral(address), number);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable String last(Fields fields, String name) {
        String value = null;
        for (int i = fields.indexOf(FieldName.X_FORWARDED, 0); i >= 0; i = fields.indexOf(FieldName.X_FORWARDED, i + 1))
            if (fields.nameText(i).equalsIgnoreCase(name))
                value = elements(fields.value(i)).getLast();
        return value;
    }

    private static @Nullable String host(Fields fields) {
        String host = last(fields, "x-forwarded-host");
        if (host == null) return null;
        try {
            return Authority.parse(host).text();
        } catch (BadMessageException e) {
            return null;
        }
    }

    private static int port(Fields fields) {
        String port = last(fields, "x-forwarded-port");
        boolean number = port != null
                && !port.isEmpty()
                && port.length() <= 5
                && port.chars().allMatch(c -> c >= '0' && c <= '9');
        int value = number ? Integer.parseInt(port) : 0;
        return value > 65535 ? 0 : value;
    }

    private static @Nullable String requestId(Fields fields) {
        String id = fields.first(FieldName.X_REQUEST_ID);
        if (id == null || id.isEmpty() || id.length() > MAX_REQUEST_ID) return null;
        for (int i = 0; i < id.length(); i++) if (id.charAt(i) <= ' ' || id.charAt(i) > '~') return null;
        return id;
    }
}
