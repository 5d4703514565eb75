package dev.sixgate.edge.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate anycast}. */
@Command(
        name = "anycast",
        description = "What this site announces by BGP.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            AnycastRenderCommand.class,
            AnycastStatusCommand.class,
            AnycastDrainCommand.class,
            AnycastUndrainCommand.class
        })
final class AnycastCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLineError(spec, "a command is missing");
    }
}
