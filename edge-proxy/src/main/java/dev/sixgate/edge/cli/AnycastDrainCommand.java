package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate anycast drain}. */
@Command(
        name = "drain",
        description =
                "Has clients go to other sites, then withdraws; the edge goes on serving who is left, until undrain.",
        mixinStandardHelpOptions = true)
final class AnycastDrainCommand implements Callable<Integer> {
    private static final long LOOK_MILLIS = 250;

    @Option(names = "--force", description = "Although no other site is known to serve.")
    private boolean force;

    @Option(names = "--wait", description = "Return when the routes are withdrawn.")
    private boolean wait;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        RunningEdge.json(edge.ask("POST", "/anycast/drain?force=" + force));
        JsonNode site = edge.get("/anycast");
        while (wait && site.path("state").asString().equals("draining")) {
            Thread.sleep(LOOK_MILLIS);
            site = edge.get("/anycast");
        }
        PrintWriter out = spec.commandLine().getOut();
        AnycastStatusCommand.print(site, out);
        out.flush();
        return 0;
    }
}
