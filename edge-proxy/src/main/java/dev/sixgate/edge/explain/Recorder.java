package dev.sixgate.edge.explain;

/** Where finished records go: ring, access log, metrics. Never blocks; from any event loop. */
public interface Recorder {
    /** Takes the record, which no one changes afterwards; {@code endNanos} is set. */
    void finish(RequestRecord record);
}
