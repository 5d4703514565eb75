package dev.sixgate.edge.cli;

import dev.sixgate.edge.demo.Demo;
import dev.sixgate.edge.demo.DemoPorts;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sixgate demo}. */
@Command(
        name = "demo",
        description =
                "Runs an edge, nodes in three regions and their apps on loopback, and prints the curl lines to try.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Option(names = "--once", description = "Try every line, print a table, exit 0 or 1.")
    private boolean once;

    @Option(
            names = "--port-base",
            paramLabel = "N",
            description = "Serve HTTP on N, HTTPS on N+363 and the echo on N+920 (default: 8080).")
    private int portBase = DemoPorts.DEFAULT.http();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        try {
            return Demo.run(new DemoPorts(portBase), once, System.out, System.err);
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, e.getMessage());
        }
    }
}
