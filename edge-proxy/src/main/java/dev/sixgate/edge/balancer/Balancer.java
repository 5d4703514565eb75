package dev.sixgate.edge.balancer;

import dev.sixgate.edge.servicemap.Backend;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a backend and learns how it did. Any thread; a choice holds its service's lock and nothing else. {@code nowNanos}
 * is one monotonic clock for all calls, that of the event loops.
 */
public interface Balancer {
    /** Backends listed per choice, so that the record of a request to a large app stays small. */
    int MAX_CANDIDATES = 16;

    /** Adds to {@code call} what was considered, and says in it why the chosen one was taken. */
    Choice pick(Call call, long nowNanos);

    /**
     * Waits for a backend after {@link None#FULL}. When there is room {@code free} runs once, with a lock held: it hands
     * itself to the caller's loop and returns; the caller then picks again with the same {@code call}. Who ends before
     * that says {@link #leave}.
     *
     * @return false when as many wait as may
     */
    default boolean await(Call call, Runnable free) {
        return false;
    }

    /** Gives up the place in the queue, if {@code call} has one. */
    default void leave(Call call) {}

    /** A backend, or why there is none. */
    sealed interface Choice {}

    /** Why nothing was chosen. */
    enum None implements Choice {
        /** The app has no backend. */
        NO_BACKEND,
        /** The request failed on each already. */
        ALL_TRIED,
        /** Each is known to fail, and the service says not to try it then. */
        ALL_UNHEALTHY,
        /** Each that works is at its hard limit, or others wait already. */
        FULL
    }

    /** One use of a backend; end it exactly once with {@link #succeeded} or {@link #failed} or {@link #abandoned}. */
    non-sealed interface Lease extends Choice {
        Backend backend();

        /** What the client is given to come back to this backend; null when the service keeps no sessions by it. */
        default @Nullable String session() {
            return null;
        }

        /** A new connection stands. @param rttNanos of the path to the backend; below 0: unknown */
        default void connected(long rttNanos, long nowNanos) {}

        /** The first byte of a response came. @param waitedNanos since the request was sent */
        default void answered(int status, long waitedNanos, long nowNanos) {}

        /**
         * The backend took the connection, which will be in use for long (raw TCP, WebSocket): it counts as working from
         * now on, and as in flight until the lease ends.
         */
        default void reached() {}

        /** Whether the backend is not known to fail; for a use so long that another may be better by now. */
        default boolean working() {
            return true;
        }

        void succeeded(long nowNanos);

        /** Could not be reached, or broke: the backend is avoided for a while (passive failure marking). */
        void failed(long nowNanos);

        /** Ended for the client's reasons; says nothing about the backend. */
        void abandoned();
    }
}
