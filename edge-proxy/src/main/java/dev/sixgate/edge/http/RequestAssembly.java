package dev.sixgate.edge.http;

import dev.sixgate.edge.explain.Reason;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * The gate for requests that come as a list of fields with pseudo-header fields in front (RFC 9113 §8.2 and §8.3). Whatever
 * it lets through can be written as HTTP/1.1 with one meaning: no byte in it could end a line, start another field, or
 * frame a body.
 */
public final class RequestAssembly {
    private final Version version;
    private final int maxFields;
    private final Fields fields = new Fields();
    private @Nullable String method;
    private @Nullable String scheme;
    private @Nullable String authority;
    private @Nullable String path;
    private @Nullable String protocol;
    private @Nullable StringBuilder cookies;
    private boolean acceptsTrailers;
    private int count;

    /** Of HTTP/2. */
    public RequestAssembly(int maxFields) {
        this(Version.HTTP_2, maxFields);
    }

    public RequestAssembly(Version version, int maxFields) {
        this.version = version;
        this.maxFields = maxFields;
    }

    /** The next field, in the order received. */
    public void field(AsciiString name, AsciiString value) throws BadMessageException {
        if (++count > maxFields) throw BadMessageException.tooLarge("there are more than " + maxFields + " fields");
        checkValue(value);
        if (!name.isEmpty() && name.charAt(0) == ':') {
            pseudo(name.toString(), value.toString());
            return;
        }
        checkName(name);
        FieldName known = FieldName.find(name.array(), name.arrayOffset(), name.arrayOffset() + name.length());
        if (known != null)
            switch (known) {
                case CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE ->
                    throw BadMessageException.malformed(
                            "a field of the connection (" + known.text() + ") has no place here");
                case TE -> {
                    if (!value.contentEqualsIgnoreCase("trailers"))
                        throw BadMessageException.malformed("te says something other than trailers");
                    acceptsTrailers = true;
                }
                case COOKIE -> { // RFC 9113 §8.2.3: crumbs are one field for everyone else
                    if (cookies == null) cookies = new StringBuilder();
                    else cookies.append("; ");
                    cookies.append(value);
                    return;
                }
                default -> {}
            }
        fields.add(name, value);
    }

    private void pseudo(String name, String value) throws BadMessageException {
        if (fields.size() > 0 || cookies != null)
            throw BadMessageException.malformed("a pseudo-header field stands behind a regular one");
        switch (name) {
            case ":method" -> method = once(method, name, value);
            case ":scheme" -> scheme = once(scheme, name, value);
            case ":authority" -> authority = once(authority, name, value);
            case ":path" -> path = once(path, name, value);
            case ":protocol" -> protocol = once(protocol, name, value);
            default -> throw BadMessageException.malformed("there is an unknown pseudo-header field");
        }
    }

    private static String once(@Nullable String before, String name, String value) throws BadMessageException {
        if (before != null) throw BadMessageException.malformed(name + " is there twice");
        return value;
    }

    /**
     * All fields were given.
     *
     * @param bodyless whether the stream ended with the head
     */
    public RequestHead finish(boolean bodyless) throws BadMessageException {
        if (method == null || !Ascii.isToken(method))
            throw BadMessageException.malformed(":method is missing or no token");
        boolean webSocket = method.equals("CONNECT") && "websocket".equals(protocol);
        if (protocol != null && !method.equals("CONNECT"))
            throw BadMessageException.malformed(":protocol is there without CONNECT");
        if (!webSocket && (method.equals("CONNECT") || method.equals("TRACE")))
            throw new BadMessageException(
                    Reason.UNSUPPORTED_METHOD,
                    protocol == null
                            ? method + " is not passed on"
                            : "CONNECT is passed on for websocket and no other protocol");
        if (scheme == null || !scheme.equals("http") && !scheme.equals("https"))
            throw BadMessageException.malformed(":scheme is missing, or neither http nor https");
        if (path == null || path.isEmpty()) throw BadMessageException.malformed(":path is missing or empty");
        if (path.charAt(0) != '/' && !(path.equals("*") && method.equals("OPTIONS")))
            throw BadMessageException.malformed(":path does not begin with a slash");
        for (int i = 0; i < path.length(); i++)
            if (path.charAt(i) > 0x7f || !Ascii.isTarget(path.charAt(i)))
                throw BadMessageException.malformed(":path holds a character that is not allowed");
        if (cookies != null) fields.add("cookie", cookies);
        if (webSocket) return webSocket(path, bodyless);
        return new RequestHead(
                method,
                version,
                requestedAuthority(),
                RequestParser.withoutFragment(path),
                fields,
                bodyLength(bodyless),
                true,
                RequestParser.expectsContinue(fields),
                acceptsTrailers,
                false);
    }

    /**
     * Extended CONNECT (RFC 8441 §5) as the GET that opens a WebSocket over HTTP/1.1 (RFC 6455 §4.1). The stream goes on in
     * both directions, so it has no body, whatever it says.
     */
    private RequestHead webSocket(String target, boolean bodyless) throws BadMessageException {
        if (bodyless) throw BadMessageException.malformed("the stream ends before the WebSocket opens");
        fields.drop(FieldName.CONTENT_LENGTH);
        fields.drop(FieldName.EXPECT);
        fields.dropNamed(WebSocketKey.FIELD);
        fields.add(WebSocketKey.FIELD, WebSocketKey.next());
        return new RequestHead(
                "GET",
                version,
                requestedAuthority(),
                RequestParser.withoutFragment(target),
                fields,
                BodyLength.NONE,
                true,
                false,
                false,
                true);
    }

    private Authority requestedAuthority() throws BadMessageException {
        int hostIndex = fields.indexOf(FieldName.HOST, 0);
        if (hostIndex >= 0 && fields.indexOf(FieldName.HOST, hostIndex + 1) >= 0)
            throw BadMessageException.malformed("host is there twice");
        Authority host = hostIndex < 0 ? null : Authority.parse(fields.value(hostIndex));
        if (authority == null) {
            if (host == null) throw BadMessageException.malformed("neither :authority nor host is there");
            return host;
        }
        Authority named = Authority.parse(authority);
        if (host != null && !host.text().equals(named.text()))
            throw BadMessageException.malformed("host and :authority disagree");
        return named;
    }

    private long bodyLength(boolean bodyless) throws BadMessageException {
        long declared = FieldParser.bodyLength(fields, version);
        if (!bodyless) return declared == BodyLength.NONE ? BodyLength.UNKNOWN : declared;
        if (declared > 0) throw BadMessageException.malformed("content-length announces a body that does not come");
        return declared;
    }

    /**
     * Trailers that passed the same gate, without those that may only stand in a head.
     *
     * @return null when nothing is left
     */
    public @Nullable Fields finishTrailers() throws BadMessageException {
        if (method != null || scheme != null || authority != null || path != null || protocol != null)
            throw BadMessageException.malformed("a pseudo-header field stands in the trailers");
        HopByHop.stripTrailers(fields);
        for (int i = 0; i < fields.size(); i++) if (!fields.isDropped(i)) return fields;
        return null;
    }

    static void checkName(AsciiString name) throws BadMessageException {
        for (int i = 0; i < name.length(); i++) {
            byte c = name.byteAt(i);
            if (!Ascii.isToken(c) || c >= 'A' && c <= 'Z')
                throw BadMessageException.malformed("a field name holds a character that is not allowed");
        }
        if (name.isEmpty()) throw BadMessageException.malformed("a field name is empty");
    }

    static void checkValue(AsciiString value) throws BadMessageException {
        for (int i = 0; i < value.length(); i++)
            if (!Ascii.isFieldValue(value.byteAt(i)))
                throw BadMessageException.malformed("a field value holds a control character");
        if (!value.isEmpty() && (isBlank(value.byteAt(0)) || isBlank(value.byteAt(value.length() - 1))))
            throw BadMessageException.malformed("a field value begins or ends with white space");
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || c == '\t';
    }
}
