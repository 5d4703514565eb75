package dev.sixgate.edge.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The field names that an intermediary must know. Families such as {@code x-forwarded-*} are one constant. */
public enum FieldName {
    HOST("host"),
    CONTENT_LENGTH("content-length"),
    CONTENT_TYPE("content-type"),
    CONTENT_ENCODING("content-encoding"),
    CONTENT_RANGE("content-range"),
    TRANSFER_ENCODING("transfer-encoding"),
    CONNECTION("connection"),
    KEEP_ALIVE("keep-alive"),
    PROXY_CONNECTION("proxy-connection"),
    /** Not a real field: CGI backends turn it into HTTP_PROXY (CVE-2016-5385). */
    PROXY("proxy"),
    HTTP2_SETTINGS("http2-settings"),
    UPGRADE("upgrade"),
    TE("te"),
    TRAILER("trailer"),
    EXPECT("expect"),
    VIA("via"),
    DATE("date"),
    COOKIE("cookie"),
    SET_COOKIE("set-cookie"),
    AUTHORIZATION("authorization"),
    CACHE_CONTROL("cache-control"),
    MAX_FORWARDS("max-forwards"),
    FORWARDED("forwarded"),
    X_FORWARDED("x-forwarded-*"),
    X_REAL_IP("x-real-ip"),
    X_REQUEST_ID("x-request-id"),
    SIXGATE("sixgate-*");

    private static final FieldName[] ALL = values();
    private static final FieldName[][] BY_LENGTH = byLength();
    private static final byte[] X_FORWARDED_PREFIX = "x-forwarded-".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SIXGATE_PREFIX = "sixgate-".getBytes(StandardCharsets.US_ASCII);

    private final String text;
    private final byte[] lowerCase;

    FieldName(String text) {
        this.text = text;
        this.lowerCase = text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Whether {@code name} could be a field's name. */
    public static boolean isToken(String name) {
        return !name.isEmpty() && Ascii.isToken(name);
    }

    /** Whether {@code name} is a field name that this proxy has no opinion on, so that an operator may use it. */
    public static boolean isFree(String name) {
        if (!Ascii.isToken(name)) return false;
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        return find(bytes, 0, bytes.length) == null;
    }

    /** Whether an operator may write or remove {@code name}: nothing that frames messages or says who the client is. */
    public static boolean isEditable(String name) {
        if (!Ascii.isToken(name)) return false;
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        return switch (find(bytes, 0, bytes.length)) {
            case null -> true;
            case AUTHORIZATION, COOKIE, SET_COOKIE, CACHE_CONTROL, CONTENT_TYPE -> true;
            default -> false;
        };
    }

    public String text() {
        return text;
    }

    static FieldName of(int ordinal) {
        return ALL[ordinal];
    }

    /**
     * @return the constant for {@code bytes[from, to)}, or null. The names that carry identity are also recognised with
     *     {@code _} for {@code -}: many backends fold the two, so {@code X_Forwarded_For} would be believed as well
     */
    static @Nullable FieldName find(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length < BY_LENGTH.length)
            for (FieldName name : BY_LENGTH[length])
                if (startsWith(bytes, from, name.lowerCase, name.folds())) return name;
        int first = bytes[from] | 0x20;
        if (first == 'x' && length > X_FORWARDED_PREFIX.length && startsWith(bytes, from, X_FORWARDED_PREFIX, true))
            return X_FORWARDED;
        if (first == 's' && length > SIXGATE_PREFIX.length && startsWith(bytes, from, SIXGATE_PREFIX, true))
            return SIXGATE;
        return null;
    }

    private boolean folds() {
        return this == X_REAL_IP || this == X_REQUEST_ID;
    }

    private static boolean startsWith(byte[] bytes, int from, byte[] lowerCase, boolean folds) {
        for (int i = 0; i < lowerCase.length; i++) {
            int found = Ascii.lower(bytes[from + i]);
            if (found != lowerCase[i] && !(folds && found == '_' && lowerCase[i] == '-')) return false;
        }
        return true;
    }

    private static FieldName[][] byLength() {
        List<List<FieldName>> lists = new ArrayList<>();
        for (FieldName name : ALL) {
            while (lists.size() <= name.text.length()) lists.add(new ArrayList<>());
            if (!name.text.endsWith("*")) lists.get(name.text.length()).add(name);
        }
        return lists.stream().map(list -> list.toArray(FieldName[]::new)).toArray(FieldName[][]::new);
    }
}
