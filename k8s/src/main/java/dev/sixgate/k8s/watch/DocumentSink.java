package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Document;

/** Who takes the documents of a cluster. Called by one thread, in order; it may take its time. */
public interface DocumentSink {
    /** A document is new, or changed. */
    void put(Document document);

    /** A document of this name is gone. */
    void remove(String name);

    /** What was put and removed since the last time belongs together, and is all there is. Never before every kind was listed. */
    void synced();
}
