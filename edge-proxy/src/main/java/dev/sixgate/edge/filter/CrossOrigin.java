package dev.sixgate.edge.filter;

import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.servicemap.RouteFilter.Cors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What pages of other origins may read (Fetch standard, "CORS protocol"). Answers name the origin that asked, or {@code *}
 * where any may read and nothing secret is sent along.
 */
public final class CrossOrigin {
    private static final String ANY = "*";

    private CrossOrigin() {}

    /** Whether a browser asks on behalf of a page what it may send. */
    static boolean isPreflight(RequestHead request) {
        return request.method().equals("OPTIONS")
                && request.fields().find("origin") != null
                && request.fields().find("access-control-request-method") != null;
    }

    /** The fields of the answer to such a question; for an origin that may not ask: none that allow anything. */
    static Fields preflight(Cors cors, RequestHead request) {
        Fields fields = new Fields();
        Fields asked = request.fields();
        String method = asked.find("access-control-request-method");
        allowOrigin(fields, cors, asked.find("origin"));
        if (!fields.contains("access-control-allow-origin") || method == null) return fields;
        list(fields, "access-control-allow-methods", cors.allowMethods(), method);
        String names = asked.joined("access-control-request-headers");
        if (names != null) list(fields, "access-control-allow-headers", cors.allowHeaders(), names);
        fields.add("access-control-max-age", Long.toString(cors.maxAge().toSeconds()));
        return fields;
    }

    /** @param wanted what any means to a browser that sends credentials, to which {@code *} is but a name */
    private static void list(Fields fields, String name, List<String> allowed, String wanted) {
        if (!allowed.isEmpty()) fields.add(name, allowed.contains(ANY) ? wanted : String.join(", ", allowed));
    }

    /**
     * Replaces what a response says of other origins.
     *
     * @param origin of the page that asked; null: none did
     */
    public static void edit(Fields response, Cors cors, @Nullable String origin) {
        for (String name : List.of(
                "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers"))
            response.dropNamed(name);
        allowOrigin(response, cors, origin);
        if (origin != null && !cors.exposeHeaders().isEmpty() && response.contains("access-control-allow-origin"))
            response.add("access-control-expose-headers", String.join(", ", cors.exposeHeaders()));
    }

    private static void allowOrigin(Fields fields, Cors cors, @Nullable String origin) {
        boolean anyAlike = cors.allowOrigins().contains(ANY) && !cors.allowCredentials();
        if (!anyAlike) Vary.on(fields, "origin");
        if (origin == null || !isAllowed(cors, origin)) return;
        fields.add("access-control-allow-origin", anyAlike ? ANY : origin);
        if (cors.allowCredentials()) fields.add("access-control-allow-credentials", "true");
    }

    static boolean isAllowed(Cors cors, String origin) {
        for (String allowed : cors.allowOrigins()) if (allowed.equals(ANY) || matches(allowed, origin)) return true;
        return false;
    }

    /** Scheme, host and port are compared as they are written, which browsers do in one way; one star stands for labels. */
    private static boolean matches(String pattern, String origin) {
        int star = pattern.indexOf('*');
        if (star < 0) return pattern.equalsIgnoreCase(origin);
        String tail = pattern.substring(star + 1);
        int hidden = origin.length() - star - tail.length();
        if (hidden < 1
                || !origin.regionMatches(true, 0, pattern, 0, star)
                || !origin.regionMatches(true, origin.length() - tail.length(), tail, 0, tail.length())) return false;
        for (int i = star; i < star + hidden; i++) if (!isInLabel(origin.charAt(i))) return false;
        return true;
    }

    private static boolean isInLabel(char c) {
        return c == '.' || c == '-' || c >= '0' && c <= '9' || (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    }
}
