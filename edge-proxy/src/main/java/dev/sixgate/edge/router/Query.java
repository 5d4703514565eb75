package dev.sixgate.edge.router;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Parameters in a query, as HTML forms write them. */
final class Query {
    private Query() {}

    /** The decoded value of the first parameter called {@code name}, or null; one that cannot be decoded is as it stands. */
    static @Nullable String first(String query, String name) {
        for (int from = 0; from <= query.length(); ) {
            int end = query.indexOf('&', from);
            if (end < 0) end = query.length();
            int equals = query.indexOf('=', from);
            int nameEnd = equals < 0 || equals > end ? end : equals;
            if (decoded(query.substring(from, nameEnd)).equals(name))
                return nameEnd == end ? "" : decoded(query.substring(nameEnd + 1, end));
            from = end + 1;
        }
        return null;
    }

    private static String decoded(String text) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) return text;
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}
