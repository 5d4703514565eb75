package dev.sixgate.edge.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate k8s}. */
@Command(
        name = "k8s",
        description = "Kubernetes.",
        mixinStandardHelpOptions = true,
        subcommands = {K8sRenderCommand.class})
final class K8sCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLineError(spec, "a command is missing");
    }
}
