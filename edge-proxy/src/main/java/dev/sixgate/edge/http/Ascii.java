package dev.sixgate.edge.http;

/** Character classes of RFC 9110 §5.6.2 and RFC 3986, as tables. */
final class Ascii {
    private static final boolean[] TOKEN = new boolean[256];
    private static final boolean[] FIELD_VALUE = new boolean[256];
    private static final boolean[] TARGET = new boolean[256];
    private static final boolean[] REG_NAME = new boolean[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean alphanumeric = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
            TOKEN[c] = alphanumeric || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            FIELD_VALUE[c] = c == '\t' || c >= 0x20 && c != 0x7f;
            TARGET[c] = c > 0x20 && c < 0x7f;
            REG_NAME[c] = alphanumeric || c == '-' || c == '.' || c == '_' || c == '~';
        }
    }

    private Ascii() {}

    static boolean isToken(int c) {
        return TOKEN[c & 0xff];
    }

    /** HTAB, SP, visible characters and obs-text. */
    static boolean isFieldValue(int c) {
        return FIELD_VALUE[c & 0xff];
    }

    /** Visible characters; browsers send several that RFC 3986 would have encoded. */
    static boolean isTarget(int c) {
        return TARGET[c & 0xff];
    }

    /** What a host name is made of; no percent-encoding, no sub-delims. */
    static boolean isRegName(int c) {
        return REG_NAME[c & 0xff];
    }

    static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** @return 0 to 15, or -1 */
    static int hexDigit(int c) {
        if (c >= '0' && c <= '9') return c - '0';
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
    }

    static boolean isToken(CharSequence text) {
        if (text.isEmpty()) return false;
        for (int i = 0; i < text.length(); i++) if (text.charAt(i) > 0x7f || !TOKEN[text.charAt(i)]) return false;
        return true;
    }
}
