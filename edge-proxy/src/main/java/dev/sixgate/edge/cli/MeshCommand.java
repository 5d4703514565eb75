package dev.sixgate.edge.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh}. */
@Command(
        name = "mesh",
        description = "Keys, peers and the tunnel.",
        mixinStandardHelpOptions = true,
        subcommands = {
            MeshKeygenCommand.class,
            MeshPubkeyCommand.class,
            MeshStatusCommand.class,
            MeshPingCommand.class,
            MeshPmtuCommand.class,
            MeshCaptureCommand.class,
            MeshExportCommand.class
        })
final class MeshCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLineError(spec, "a command is missing");
    }
}
