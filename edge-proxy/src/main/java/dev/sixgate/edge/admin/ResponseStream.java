package dev.sixgate.edge.admin;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A body that grows while its asker listens. The server calls the methods on its loop. */
public interface ResponseStream {
    /** Once, first. @param wake from any thread: there is something to poll, or nothing will come any more */
    void begin(Runnable wake);

    /** The next piece; null: none now. */
    byte @Nullable [] poll();

    /** Whether the body ends when {@link #poll} has nothing more. */
    boolean isEnded();

    /** The asker has heard enough: end in good order, what is left is still polled. */
    void stop();

    /** What stands behind the body, as field names and values. Asked once it has ended. */
    Map<String, String> trailers();

    /** Once, at last, whatever happened. */
    void close();
}
