package dev.sixgate.edge.upstream;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One timer for a connection whose deadline moves with every request. Moving it later costs nothing: the task that is
 * scheduled looks again when it runs. On one event loop.
 */
public final class DeadlineTimer {
    /** No deadline. */
    public static final long NEVER = Long.MAX_VALUE;

    /** The connection that is watched. */
    public interface Watched {
        /** @return the loop's nanoseconds, or {@link #NEVER} */
        long deadlineNanos();

        void onDeadline();
    }

    private final EventExecutor loop;
    private final Ticker clock;
    private final Watched watched;
    private @Nullable ScheduledFuture<?> task;
    private long taskAt;
    private boolean stopped;

    public DeadlineTimer(EventExecutor loop, Watched watched) {
        this.loop = loop;
        this.clock = LoopClock.of(loop);
        this.watched = watched;
    }

    public long nanoTime() {
        return clock.nanoTime();
    }

    /** The deadline may be earlier than it was. */
    public void moved() {
        long deadline = watched.deadlineNanos();
        if (stopped || deadline == NEVER || task != null && taskAt - deadline <= 0) return;
        if (task != null) task.cancel(false);
        taskAt = deadline;
        task = loop.schedule(this::run, Math.max(0, deadline - clock.nanoTime()), TimeUnit.NANOSECONDS);
    }

    public void stop() {
        stopped = true;
        if (task != null) task.cancel(false);
        task = null;
    }

    private void run() {
        task = null;
        long deadline = watched.deadlineNanos();
        if (!stopped && deadline != NEVER && clock.nanoTime() - deadline >= 0) watched.onDeadline();
        moved();
    }
}
