package dev.sixgate.edge.cli;

import dev.sixgate.anycast.PlanException;
import dev.sixgate.anycast.Renderer;
import dev.sixgate.anycast.SiteState;
import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.run.Snapshot;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate anycast render}. */
@Command(
        name = "render",
        description = "Prints the configuration of a BGP daemon for what the file announces; it holds the neighbors'"
                + " passwords.",
        mixinStandardHelpOptions = true)
final class AnycastRenderCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "bird|frr|exabgp|gobgp", description = "The daemon.")
    private Renderer daemon = Renderer.BIRD;

    @Parameters(index = "1", paramLabel = "FILE", description = "The operator's JSON.")
    private Path file;

    @Option(
            names = "--state",
            paramLabel = "able|limited|draining|withdrawn",
            description = "How much traffic the site wants (default: able).")
    private SiteState state = SiteState.ABLE;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        Snapshot snapshot = Configuration.read(file, err).snapshot();
        if (snapshot == null) return Main.WRONG_CONFIGURATION;
        AnycastSettings anycast = snapshot.anycast();
        if (anycast == null) {
            err.println("sixgate: " + file + " has no \"anycast\", so there is nothing to announce");
            err.flush();
            return Main.WRONG_CONFIGURATION;
        }
        try {
            PrintWriter out = spec.commandLine().getOut();
            out.print(daemon.render(anycast.plan(), state));
            out.flush();
            return 0;
        } catch (PlanException e) {
            err.println("sixgate: " + e.sentence());
            err.flush();
            return Main.WRONG_CONFIGURATION;
        }
    }
}
