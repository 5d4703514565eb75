package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate anycast undrain}. */
@Command(
        name = "undrain",
        description = "Announces again, as the health of the site allows.",
        mixinStandardHelpOptions = true)
final class AnycastUndrainCommand implements Callable<Integer> {
    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RunningEdge.json(edge.ask("POST", "/anycast/undrain"));
        PrintWriter out = spec.commandLine().getOut();
        AnycastStatusCommand.print(edge.get("/anycast"), out);
        out.flush();
        return 0;
    }
}
