package dev.sixgate.edge.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh pubkey}. */
@Command(
        name = "pubkey",
        description = "Prints the public key of a private key file, or of standard input.",
        mixinStandardHelpOptions = true)
final class MeshPubkeyCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "As keygen or wg genkey writes it; absent or -: standard input.")
    private @Nullable Path file;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        spec.commandLine().getOut().println(PrivateKeyFile.read(file).publicKey());
        return 0;
    }
}
