package dev.sixgate.mesh.underlay;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that do X25519 for every driver of the process. The queue needs no bound of its own: each driver hands out no
 * more than {@link #IN_FLIGHT_PER_DRIVER} pieces of work, and the rest waits in the WireGuard core, which judges load by it.
 */
final class HandshakeThreads {
    static final int IN_FLIGHT_PER_DRIVER = 16;
    private static final int THREADS =
            Math.min(4, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    private static final Executor EXECUTOR = create();

    private HandshakeThreads() {}

    static void execute(Runnable work) {
        EXECUTOR.execute(work);
    }

    private static Executor create() {
        var executor =
                new ThreadPoolExecutor(THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "sixgate-handshake");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
