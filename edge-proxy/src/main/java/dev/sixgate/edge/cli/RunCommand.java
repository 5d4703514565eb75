package dev.sixgate.edge.cli;

import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.listener.InheritedSockets;
import dev.sixgate.edge.run.Edge;
import dev.sixgate.edge.run.EdgeStartException;
import dev.sixgate.edge.run.LiveReload;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.SnapshotSource;
import dev.sixgate.edge.source.LiveDocuments;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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

    @Option(
            names = "--take-over",
            description = {
                "Takes the listening sockets of the edge that runs with this configuration, has it end, and goes on in"
                        + " its place.",
                "Nobody is refused: clients wait meanwhile. Without such an edge it is an ordinary start."
            })
    private boolean takeOver;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            description = "How long requests of the other edge may take to end (default: 5).")
    private int within = 5;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (within < 0 || within > 3600)
            throw new ParameterException(spec.commandLine(), "--within is a number of seconds from 0 to 3600");
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
        InheritedSockets sockets = takeOver
                ? Predecessor.takeOver(snapshot.adminSocket(), within)
                : InheritedSockets.ofSystemd(
                        System.getenv(), ProcessHandle.current().pid());
        AtomicReference<@Nullable Duration> asked = new AtomicReference<>();
        try (Edge edge = start(snapshot, sockets);
                LiveReload reload = LiveReload.start(edge, Configuration.source(file, documents), started)) {
            edge.showSources(documents::states);
            documents.served(snapshot.documents());
            documents.onChange(reload::sourcesChanged);
            Signals.on("HUP", reload::reload);
            edge.onHandOver(longest -> {
                asked.set(longest);
                terminate.countDown();
            });
            terminate.await();
            Duration within = asked.get();
            Duration most = within == null ? edge.snapshot().drainTimeout() : within;
            LOG.info("draining, at most {} s; SIGINT stops at once", most.toSeconds());
            boolean byItself = (within == null ? edge.drain() : edge.drain(within)).join();
            LOG.info(byItself ? "drained" : "the drain time-out passed; what was left is cut");
        }
        return 0;
    }

    private static Edge start(Snapshot snapshot, InheritedSockets sockets) {
        try {
            return Edge.start(snapshot, sockets);
        } catch (EdgeStartException e) {
            throw new Main.Failure(e.getMessage());
        }
    }
}
