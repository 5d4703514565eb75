package dev.sixgate.edge.http;

/**
 * A request's head that has passed the gate.
 *
 * @param target origin form as received, without fragment, or {@code *}; an absolute form was reduced to it
 * @param fields still with their hop-by-hop fields
 * @param bodyLength see {@link BodyLength}
 * @param persistent whether the client lets the connection go on
 * @param expectsContinue waits for 100 (Continue) before the body
 * @param acceptsTrailers said {@code TE: trailers}
 * @param webSocket asks for an upgrade to websocket, with nothing against it
 */
public record RequestHead(
        String method,
        Version version,
        Authority authority,
        String target,
        Fields fields,
        long bodyLength,
        boolean persistent,
        boolean expectsContinue,
        boolean acceptsTrailers,
        boolean webSocket) {

    /** Safe to send twice (RFC 9110 §9.2.2). */
    public boolean isIdempotent() {
        return switch (method) {
            case "GET", "HEAD", "PUT", "DELETE", "OPTIONS" -> true;
            default -> false;
        };
    }

    /** The same request for another target; fields are shared. */
    public RequestHead withTarget(String other) {
        return new RequestHead(
                method,
                version,
                authority,
                other,
                fields,
                bodyLength,
                persistent,
                expectsContinue,
                acceptsTrailers,
                webSocket);
    }

    /** The same request with fields of its own, that waits for no 100 (Continue). */
    public RequestHead copy() {
        return new RequestHead(
                method,
                version,
                authority,
                target,
                fields.copy(),
                bodyLength,
                persistent,
                false,
                acceptsTrailers,
                webSocket);
    }

    /** The same request for another host; fields are shared. */
    public RequestHead withAuthority(Authority other) {
        return new RequestHead(
                method,
                version,
                other,
                target,
                fields,
                bodyLength,
                persistent,
                expectsContinue,
                acceptsTrailers,
                webSocket);
    }

    public boolean hasBody() {
        return !BodyLength.isEmpty(bodyLength);
    }

    /** The target without its query, which may hold secrets. */
    public String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }
}
