package dev.sixgate.edge.http;

/**
 * Fired once through every client pipeline, as a user event, when the edge begins to drain. A connection between two
 * requests closes at once; a busy one ends after what is in flight ({@code Connection: close}, GOAWAY). A connection that
 * has no such notion, as raw TCP, lets it pass.
 */
public enum DrainBegins {
    NOW,
    /** The drain's time is over: what is still under way is cut, with a word where there still can be one. */
    OVER
}
