package dev.sixgate.edge.servicemap;

/** What the edge terminates on a port, outermost first. */
public enum Handler {
    TLS,
    HTTP,
    /** Backends get a head that says who the client is, before its first byte. */
    PROXY_PROTO
}
