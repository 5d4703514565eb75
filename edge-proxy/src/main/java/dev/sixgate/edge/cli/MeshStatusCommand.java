package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh status}. */
@Command(
        name = "status",
        description = "Shows the running edge's peers, as wg show does.",
        mixinStandardHelpOptions = true)
final class MeshStatusCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.print(edge.text("/mesh"));
        else MeshStatusText.print(edge.get("/mesh"), out);
        out.flush();
        return 0;
    }
}
