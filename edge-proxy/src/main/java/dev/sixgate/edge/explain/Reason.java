package dev.sixgate.edge.explain;

/** The closed list of reasons for every answer made, and every connection ended, by the edge itself. */
public enum Reason {
    BAD_REQUEST(400, "the request's head is not well-formed HTTP"),
    AMBIGUOUS_LENGTH(400, "the request's body length is ambiguous, which is how requests are smuggled"),
    HEADER_TIMEOUT(408, "the client did not finish its request head in time"),
    IDLE_TIMEOUT(408, "nothing moved on the connection for the idle time"),
    URI_TOO_LONG(414, "the request's target alone is longer than the listener allows a head to be"),
    HEADERS_TOO_LARGE(431, "the request's head is larger than the listener allows"),
    BODY_TOO_LARGE(413, "the request's body is larger than the service allows"),
    EXPECTATION_FAILED(417, "the request expects something other than 100-continue"),
    UNSUPPORTED_METHOD(501, "the method is not one that this edge passes on"),
    UNSUPPORTED_VERSION(505, "the request's HTTP version is neither 1.0 nor 1.1"),
    MAX_FORWARDS(200, "the request said that it was to go no further than this edge"),
    ACME_CHALLENGE(200, "a certificate authority asked for the answer to a challenge of ours"),
    REDIRECT(302, "the route sends the client elsewhere"),
    DIRECT_RESPONSE(200, "the route says what to answer"),
    CORS_PREFLIGHT(204, "a browser asked what pages of another origin may do, and the route says it"),
    FORCE_HTTPS(308, "the service answers over https only"),
    MISDIRECTED(421, "this connection's certificate does not stand for the requested host"),
    NO_ROUTE(404, "no service on this port has the requested host name"),
    NO_ROUTE_MATCH(404, "no route of the service fits the request's path, method, headers and parameters"),
    RATE_LIMITED(429, "more requests came than a rate limit of the service allows"),
    UNAUTHORIZED(401, "the route asks who the client is, and the request does not prove it"),
    AUTH_DENIED(
            403, "the service that the route asks about its clients refused this one; the status is that service's"),
    AUTH_UNAVAILABLE(503, "whether the client may pass could not be found out"),
    DENIED_BY_POLICY(403, "a policy does not let this client reach the backend"),
    NO_BACKEND(503, "the app has no backend"),
    NO_HEALTHY_BACKEND(503, "every backend of the service is known to fail, and the service says not to try them then"),
    BACKENDS_FULL(503, "every backend of the service is at its hard limit, and its queue is full"),
    QUEUE_TIMEOUT(503, "no backend of the service got below its hard limit before the queue's deadline"),
    NO_TUNNEL(503, "no peer's allowed IPs cover the backend, its tunnel has no session, or its peer is unreachable"),
    BACKEND_REFUSED(502, "the backend refused the connection"),
    BACKEND_TIMEOUT(504, "the backend did not accept the connection in time"),
    REQUEST_TIMEOUT(504, "the response was not complete within the route's time for a request"),
    BACKEND_REQUEST_TIMEOUT(504, "the backend's response was not complete within the route's time for a backend"),
    BACKEND_IDLE(504, "the backend accepted the request and then sent nothing for the idle time"),
    BACKEND_UNREACHABLE(502, "the network says the backend cannot be reached"),
    BACKEND_RESET(502, "the backend reset or closed the connection before a complete response head"),
    BACKEND_RESET_MID_BODY(502, "the backend ended the connection in the middle of its response"),
    BACKEND_TLS(502, "the TLS handshake with the backend failed"),
    BACKEND_PROTOCOL(502, "the backend's answer is not well-formed HTTP"),
    BACKEND_NO_UPGRADE(502, "the backend answered a WebSocket's opening as if it were an ordinary request"),
    CLIENT_RESET(499, "the client went away before the response was complete"),
    MAX_LIFETIME(0, "the connection reached the longest life that the service allows"),
    PROXY_HEADER(0, "a load balancer did not begin the connection with a PROXY protocol head"),
    TLS_HANDSHAKE(0, "the TLS handshake with the client failed"),
    DRAINING(503, "the edge is shutting down"),
    OVERLOADED(503, "the edge is at one of its limits"),
    INTERNAL(500, "the edge failed; this is a bug, please report the explain id");

    private final int status;
    private final String sentence;

    Reason(int status, String sentence) {
        this.status = status;
        this.sentence = sentence;
    }

    /** HTTP status of the answer; 499 and 0 are never sent. */
    public int status() {
        return status;
    }

    public String sentence() {
        return sentence;
    }

    /** Stable word in header, log and metric: the name in lower case. */
    public String code() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
