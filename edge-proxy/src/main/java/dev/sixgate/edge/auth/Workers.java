package dev.sixgate.edge.auth;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads for what would hold up an event loop. They end when nothing has come for a while. */
final class Workers implements Executor {
    private static final int THREADS = 2;

    private final ThreadPoolExecutor executor;

    /** @param waiting jobs that stand in line, at most */
    Workers(String name, int waiting) {
        executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(waiting),
                Thread.ofPlatform().daemon().name(name + "-", 0).factory());
        executor.allowCoreThreadTimeOut(true);
    }

    /** @throws RejectedExecutionException when the line is full */
    @Override
    public void execute(Runnable job) {
        executor.execute(job);
    }
}
