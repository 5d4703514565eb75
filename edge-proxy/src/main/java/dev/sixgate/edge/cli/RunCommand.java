package dev.sixgate.edge.cli;

import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.run.Edge;
import dev.sixgate.edge.run.EdgeStartException;
import dev.sixgate.edge.run.LiveReload;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.SnapshotSource;
import dev.sixgate.edge.source.LiveDocuments;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate run}: until SIGTERM (drain first) or SIGINT (at once). */
@Command(
        name = "run",
        description = "Starts an edge. Saving the file or SIGHUP reloads it, SIGTERM drains, SIGINT stops at once.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Parameters(paramLabel = "FILE", description = "The operator's JSON.")
    private Path file;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        CountDownLatch terminate = new CountDownLatch(1);
        // Before anything is started, so that a signal during the start is not lost.
        Signals.on("TERM", terminate::countDown);
        try (LiveDocuments documents = new LiveDocuments()) {
            return run(documents, terminate);
        }
    }

    private int run(LiveDocuments documents, CountDownLatch terminate) throws InterruptedException {
        Reading reading = Configuration.read(file, documents, spec.commandLine().getErr());
        Snapshot snapshot = reading.snapshot();
        if (snapshot == null) return Main.WRONG_CONFIGURATION;
        SnapshotSource.Reading started = Configuration.reading(reading);
        try (Edge edge = start(snapshot);
                LiveReload reload = LiveReload.start(edge, Configuration.source(file, documents), started)) {
            edge.showSources(documents::states);
            documents.served(snapshot.documents());
            documents.onChange(reload::sourcesChanged);
            Signals.on("HUP", reload::reload);
            terminate.await();
            LOG.info(
                    "draining, at most {} s; SIGINT stops at once",
                    snapshot.drainTimeout().toSeconds());
            boolean byItself = edge.drain().join();
            LOG.info(byItself ? "drained" : "the drain time-out passed; what was left is cut");
        }
        return 0;
    }

    private static Edge start(Snapshot snapshot) {
        try {
            return Edge.start(snapshot);
        } catch (EdgeStartException e) {
            throw new Main.Failure(e.getMessage());
        }
    }
}
