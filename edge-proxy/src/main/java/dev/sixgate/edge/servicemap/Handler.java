package dev.sixgate.edge.servicemap;

/** What the edge terminates on a port, outermost first. */
public enum Handler {
    TLS,
    HTTP
}
