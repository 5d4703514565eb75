package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.admin.AdminClient.Answer;
import dev.sixgate.edge.listener.InheritedSockets;
import dev.sixgate.edge.run.SocketHandOver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The edge whose place this process takes. It ends before this one begins: a WireGuard identity can be one process's only. */
final class Predecessor {
    private static final Logger LOG = LoggerFactory.getLogger(Predecessor.class);
    private static final int CLOSING_SECONDS = 30;

    private Predecessor() {}

    /**
     * Its sockets, once it has ended; none when nobody runs there. Blocks.
     *
     * @param withinSeconds how long its requests may take
     */
    static InheritedSockets takeOver(Path adminSocket, int withinSeconds) throws InterruptedException {
        try {
            if (!answers(adminSocket)) {
                LOG.info("no edge answers on {}; this is an ordinary start", adminSocket);
                return InheritedSockets.none();
            }
            InheritedSockets sockets = SocketHandOver.take(adminSocket);
            Answer answer = AdminClient.post(adminSocket, "/handover?within=" + withinSeconds);
            long pid = RunningEdge.json(answer).path("pid").longValue();
            LOG.info("taking over from process {}, which ends within {} s", pid, withinSeconds);
            awaitEnd(pid, withinSeconds + CLOSING_SECONDS);
            return sockets;
        } catch (IOException e) {
            throw new Main.Failure(String.valueOf(e.getMessage()));
        }
    }

    private static boolean answers(Path adminSocket) {
        try {
            return Files.exists(adminSocket)
                    && AdminClient.get(adminSocket, "/status").ok();
        } catch (IOException e) {
            return false; // a dead process left it
        }
    }

    private static void awaitEnd(long pid, int seconds) throws InterruptedException {
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) return;
        try {
            process.onExit().get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new Main.Failure("process " + pid + " has not ended within " + seconds + " s; it still has the mesh");
        }
    }
}
