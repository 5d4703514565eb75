package dev.sixgate.edge.cli;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh keygen}. */
@Command(
        name = "keygen",
        description = "Writes a new private key (mode 0600) and prints its public key.",
        mixinStandardHelpOptions = true)
final class MeshKeygenCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "Must not exist.")
    private Path file;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        if (file.getParent() != null) Files.createDirectories(file.getParent());
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, key.toBase64() + "\n", StandardOpenOption.WRITE);
        spec.commandLine().getOut().println(key.publicKey());
        return 0;
    }
}
