package dev.sixgate.edge.router;

/**
 * The path as routes compare it. Two spellings that a backend might read as one path must not find two routes, or a rule that
 * guards a path can be walked around; what could be read in two ways is refused.
 *
 * <ul>
 *   <li>Letters, digits and {@code -._~} that are percent-encoded are decoded (RFC 3986 §6.2.2.2).
 *   <li>{@code .} and {@code ..} segments, encoded or not, are resolved (RFC 3986 §5.2.4), and backends get the path so.
 *   <li>Empty segments are skipped; backends get them as they were.
 *   <li>Refused: an encoded {@code /}, {@code \} or NUL, a bare {@code \}, and empty segments beside dot segments.
 * </ul>
 */
public final class RoutePath {
    private RoutePath() {}

    /**
     * @param compared what routes are matched against
     * @param forwarded what backends get; differs from what was asked for only by resolved dot segments
     */
    public record Normal(String compared, String forwarded) {}

    /** Why a path was refused, in plain words. */
    public static final class Ambiguous extends Exception {
        private static final long serialVersionUID = 1;

        Ambiguous(String why) {
            super(why, null, false, false);
        }
    }

    /** @param path begins with a slash, or is {@code *}; without query */
    public static Normal normalise(String path) throws Ambiguous {
        if (isPlain(path)) return new Normal(path, path);
        String decoded = decode(path);
        boolean dots = hasDotSegment(decoded);
        boolean empty = decoded.contains("//");
        if (dots && empty) throw new Ambiguous("the path has empty segments beside dot segments");
        if (dots) {
            String resolved = withoutDotSegments(decoded);
            return new Normal(resolved, resolved);
        }
        return new Normal(empty ? withoutEmptySegments(decoded) : decoded, path);
    }

    private static boolean isPlain(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' || c == '\\') return false;
            if (c == '/' && i + 1 < path.length() && (path.charAt(i + 1) == '/' || path.charAt(i + 1) == '.'))
                return false;
        }
        return true;
    }

    private static String decode(String path) throws Ambiguous {
        StringBuilder out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\') throw new Ambiguous("the path holds a backslash");
            if (c != '%') {
                out.append(c);
                continue;
            }
            int high = i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = i + 2 < path.length() ? Character.digit(path.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) throw new Ambiguous("the path holds a % that encodes nothing");
            int value = high << 4 | low;
            if (value == '/' || value == '\\' || value == 0)
                throw new Ambiguous("the path holds an encoded slash, backslash or NUL");
            if (isUnreserved(value)) out.append((char) value);
            else
                out.append('%')
                        .append(Character.toUpperCase(path.charAt(i + 1)))
                        .append(Character.toUpperCase(path.charAt(i + 2)));
            i += 2;
        }
        return out.toString();
    }

    private static boolean isUnreserved(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "-._~".indexOf(c) >= 0;
    }

    private static boolean hasDotSegment(String path) {
        for (int at = path.indexOf("/."); at >= 0; at = path.indexOf("/.", at + 1)) {
            int end = at + 2;
            if (end < path.length() && path.charAt(end) == '.') end++;
            if (end == path.length() || path.charAt(end) == '/') return true;
        }
        return false;
    }

    private static String withoutDotSegments(String path) {
        StringBuilder out = new StringBuilder(path.length());
        int from = 0;
        while (from < path.length()) {
            int end = path.indexOf('/', from + 1);
            if (end < 0) end = path.length();
            String segment = path.substring(from, end); // with its slash in front
            boolean last = end == path.length();
            if (segment.equals("/..")) {
                out.setLength(Math.max(0, out.lastIndexOf("/")));
                if (last) out.append('/');
            } else if (segment.equals("/.")) {
                if (last) out.append('/');
            } else out.append(segment);
            from = end;
        }
        return out.isEmpty() ? "/" : out.toString();
    }

    private static String withoutEmptySegments(String path) {
        StringBuilder out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++)
            if (path.charAt(i) != '/' || out.isEmpty() || out.charAt(out.length() - 1) != '/')
                out.append(path.charAt(i));
        return out.toString();
    }
}
