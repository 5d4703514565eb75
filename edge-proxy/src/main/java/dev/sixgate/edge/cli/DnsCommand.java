package dev.sixgate.edge.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate dns}. */
@Command(
        name = "dns",
        description = "Names of apps inside the mesh.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = DnsDigCommand.class)
final class DnsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLineError(spec, "a command is missing");
    }
}
