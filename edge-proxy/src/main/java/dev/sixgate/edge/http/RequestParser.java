package dev.sixgate.edge.http;

import dev.sixgate.edge.explain.Reason;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The gate for HTTP/1 requests (RFC 9112 §2 to §6). Only one reading of the bytes is accepted: what two parsers might read
 * differently is refused, since a difference between us and a backend is how requests are smuggled.
 */
public final class RequestParser {
    private static final int MAX_METHOD = 32;
    private static final String[] METHODS = {"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"};

    private final int maxFields;

    public RequestParser(int maxFields) {
        this.maxFields = maxFields;
    }

    /**
     * Reads one head.
     *
     * @param in starts with the head, {@code length} bytes as {@link HeadScanner} counted them; they are consumed
     */
    public RequestHead parse(ByteBuf in, int length) throws BadMessageException {
        byte[] bytes = new byte[length];
        in.readBytes(bytes);

        int space = 0;
        while (space <= MAX_METHOD && Ascii.isToken(bytes[space])) space++;
        if (space == 0 || bytes[space] != ' ') throw BadMessageException.malformed("the method is not a token");
        String method = method(bytes, space);
        int targetFrom = space + 1;
        int targetTo = targetFrom;
        while (Ascii.isTarget(bytes[targetTo])) targetTo++;
        if (targetTo == targetFrom || bytes[targetTo] != ' ')
            throw BadMessageException.malformed("the request target is empty or holds a character that is not allowed");
        int versionTo = targetTo + 9;
        if (versionTo + 2 > length || bytes[versionTo] != '\r' || bytes[versionTo + 1] != '\n')
            throw BadMessageException.malformed("the request line does not end in an HTTP version");
        Version version = version(bytes, targetTo + 1);
        if (method.equals("CONNECT") || method.equals("TRACE"))
            throw new BadMessageException(Reason.UNSUPPORTED_METHOD, method + " is not passed on");

        Fields fields = FieldParser.parse(bytes, versionTo + 2, length, maxFields);
        String target = new String(bytes, targetFrom, targetTo - targetFrom, StandardCharsets.US_ASCII);
        int hostIndex = fields.indexOf(FieldName.HOST, 0);
        if (hostIndex >= 0 && fields.indexOf(FieldName.HOST, hostIndex + 1) >= 0)
            throw BadMessageException.malformed("Host is there twice");
        if (hostIndex < 0 && version == Version.HTTP_1_1) throw BadMessageException.malformed("Host is missing");
        Authority host = hostIndex < 0 ? Authority.NONE : Authority.parse(fields.value(hostIndex));
        Authority authority = host;
        if (target.charAt(0) != '/' && !(target.equals("*") && method.equals("OPTIONS"))) {
            int slashes = schemeEnd(target);
            int pathFrom = authorityEnd(target, slashes);
            authority = Authority.parse(target.substring(slashes, pathFrom));
            if (host != Authority.NONE && !host.text().equals(authority.text()))
                throw BadMessageException.malformed("Host and the absolute request target disagree");
            target = pathFrom < target.length() && target.charAt(pathFrom) == '/'
                    ? target.substring(pathFrom)
                    : absoluteWithoutPath(method, target.substring(pathFrom));
        }
        return finish(method, version, authority, withoutFragment(target), fields);
    }

    private static RequestHead finish(String method, Version version, Authority authority, String target, Fields fields)
            throws BadMessageException {
        long bodyLength = FieldParser.bodyLength(fields, version);
        boolean expectsContinue = expectsContinue(fields) && version == Version.HTTP_1_1;
        boolean persistent = version == Version.HTTP_1_1
                ? !FieldParser.lists(fields, FieldName.CONNECTION, "close")
                : FieldParser.lists(fields, FieldName.CONNECTION, "keep-alive");
        boolean webSocket = version == Version.HTTP_1_1
                && method.equals("GET")
                && BodyLength.isEmpty(bodyLength)
                && "websocket".equalsIgnoreCase(fields.first(FieldName.UPGRADE))
                && FieldParser.lists(fields, FieldName.CONNECTION, "upgrade");
        return new RequestHead(
                method,
                version,
                authority,
                target,
                fields,
                bodyLength,
                persistent,
                expectsContinue,
                FieldParser.lists(fields, FieldName.TE, "trailers"),
                webSocket);
    }

    /** @throws BadMessageException for any expectation but 100-continue, the only one there is (RFC 9110 §10.1.1) */
    public static boolean expectsContinue(Fields fields) throws BadMessageException {
        @Nullable String expectation = fields.first(FieldName.EXPECT);
        if (expectation == null) return false;
        if (!expectation.equalsIgnoreCase("100-continue"))
            throw new BadMessageException(Reason.EXPECTATION_FAILED, "the expectation is not 100-continue");
        return true;
    }

    private static String method(byte[] bytes, int length) {
        candidates:
        for (String method : METHODS) {
            if (method.length() != length) continue;
            for (int i = 0; i < length; i++) if (bytes[i] != method.charAt(i)) continue candidates;
            return method;
        }
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }

    private static Version version(byte[] bytes, int from) throws BadMessageException {
        boolean http = bytes[from] == 'H'
                && bytes[from + 1] == 'T'
                && bytes[from + 2] == 'T'
                && bytes[from + 3] == 'P'
                && bytes[from + 4] == '/'
                && Ascii.isDigit(bytes[from + 5])
                && bytes[from + 6] == '.'
                && Ascii.isDigit(bytes[from + 7]);
        if (!http) throw BadMessageException.malformed("the request line does not end in an HTTP version");
        if (bytes[from + 5] != '1' || bytes[from + 7] > '1')
            throw new BadMessageException(Reason.UNSUPPORTED_VERSION, "the version is neither HTTP/1.0 nor HTTP/1.1");
        return bytes[from + 7] == '1' ? Version.HTTP_1_1 : Version.HTTP_1_0;
    }

    private static int schemeEnd(String target) throws BadMessageException {
        if (target.regionMatches(true, 0, "http://", 0, 7)) return 7;
        if (target.regionMatches(true, 0, "https://", 0, 8)) return 8;
        throw BadMessageException.malformed("the request target is neither a path nor an http URI");
    }

    private static int authorityEnd(String target, int from) {
        int i = from;
        while (i < target.length() && "/?#".indexOf(target.charAt(i)) < 0) i++;
        return i;
    }

    /** RFC 9112 §3.2.4: OPTIONS for a URI without path and query is for the server as a whole. */
    private static String absoluteWithoutPath(String method, String queryOrNothing) {
        return method.equals("OPTIONS") && queryOrNothing.isEmpty() ? "*" : "/" + queryOrNothing;
    }

    /** A fragment has no place in a request target (RFC 9112 §3.2); it is cut off so that no backend sees one. */
    public static String withoutFragment(String target) {
        int fragment = target.indexOf('#');
        return fragment < 0 ? target : target.substring(0, fragment);
    }
}
