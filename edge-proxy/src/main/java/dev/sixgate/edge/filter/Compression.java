package dev.sixgate.edge.filter;

import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.http.Version;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which responses are compressed, and for whom (RFC 9110 §8.4 and §12.5.3). The bytes are {@link GzipBody}'s. */
public final class Compression {
    /** Below, a response fits in a packet as it is. */
    static final long SMALLEST_BYTES = 1024;

    private static final Set<String> TYPES = Set.of(
            "application/javascript",
            "application/json",
            "application/manifest+json",
            "application/wasm",
            "application/x-javascript",
            "application/xml",
            "image/svg+xml");

    /** What is said about the very bytes would be wrong of others. */
    private static final List<String> DIGESTS = List.of("content-digest", "repr-digest", "digest", "content-md5");

    private Compression() {}

    /** Whether the client takes gzip. One of HTTP/1.0 gets none: it could not tell a cut body from a whole one. */
    public static boolean isAccepted(RequestHead request) {
        return request.version() != Version.HTTP_1_0 && accepts(request.fields().joined("accept-encoding"));
    }

    private static boolean accepts(@Nullable String codings) {
        if (codings == null) return false;
        boolean any = false;
        for (String item : codings.split(",")) {
            int semicolon = item.indexOf(';');
            String coding = (semicolon < 0 ? item : item.substring(0, semicolon)).strip();
            boolean wanted = semicolon < 0 || isPositive(item.substring(semicolon + 1));
            if (coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip")) return wanted;
            if (coding.equals("*")) any = wanted;
        }
        return any;
    }

    /** A weight that is not understood is a no: the response is right as it is. */
    private static boolean isPositive(String parameter) {
        String text = parameter.strip();
        if (text.length() < 3 || text.length() > 7 || !text.regionMatches(true, 0, "q=", 0, 2)) return false;
        boolean positive = false;
        for (int i = 2; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '.' && (c < '0' || c > '9')) return false;
            positive |= c >= '1' && c <= '9';
        }
        return positive;
    }

    /** Whether {@code head}, whose body follows, gains by compression and may be changed. */
    public static boolean isWorthwhile(ResponseHead head) {
        Fields fields = head.fields();
        if (head.status() < 200 || head.status() == 206 || head.bodyLength() == BodyLength.NONE) return false;
        if (head.bodyLength() >= 0 && head.bodyLength() < SMALLEST_BYTES) return false;
        if (fields.contains(FieldName.CONTENT_ENCODING) || fields.contains(FieldName.CONTENT_RANGE)) return false;
        if (!isCompressible(fields.first(FieldName.CONTENT_TYPE))) return false;
        for (String digest : DIGESTS) if (fields.find(digest) != null) return false;
        String caching = fields.joined("cache-control");
        return caching == null || !caching.toLowerCase(Locale.ROOT).contains("no-transform");
    }

    /** An event stream is left alone: small pieces that must not wait gain nothing. */
    private static boolean isCompressible(@Nullable String contentType) {
        if (contentType == null) return false;
        int semicolon = contentType.indexOf(';');
        String type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        if (type.startsWith("text/")) return !type.equals("text/event-stream");
        return TYPES.contains(type) || type.startsWith("application/") && hasTextSuffix(type);
    }

    private static boolean hasTextSuffix(String type) {
        return type.endsWith("+json") || type.endsWith("+xml");
    }

    /** Tells caches that another client may get another form. */
    public static void vary(Fields fields) {
        Vary.on(fields, "accept-encoding");
    }

    /** The head of the compressed form, whose length nobody knows yet. Changes the fields. */
    public static ResponseHead compressed(ResponseHead head) {
        Fields fields = head.fields();
        fields.drop(FieldName.CONTENT_LENGTH);
        fields.dropNamed("accept-ranges");
        String tag = fields.find("etag");
        if (tag != null && !tag.startsWith("W/")) {
            fields.dropNamed("etag");
            fields.add("etag", "W/" + tag); // the same meaning in other bytes (RFC 9110 §8.8.1)
        }
        fields.add("content-encoding", "gzip");
        return new ResponseHead(
                head.status(), head.version(), fields, BodyLength.UNKNOWN, BodyLength.NONE, head.persistent());
    }
}
