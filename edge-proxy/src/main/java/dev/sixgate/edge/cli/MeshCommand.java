package dev.sixgate.edge.cli;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate mesh}. */
@Command(
        name = "mesh",
        description = "Keys, peers and the tunnel.",
        mixinStandardHelpOptions = true,
        subcommands = {
            MeshCommand.Keygen.class,
            MeshCommand.Pubkey.class,
            MeshCommand.Status.class,
            MeshCommand.Ping.class,
            MeshExportCommand.class
        })
final class MeshCommand implements Runnable {
    private static final int MAX_KEY_FILE_BYTES = 4096;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLineError(spec, "a command is missing");
    }

    /** {@code sixgate mesh keygen}. */
    @Command(
            name = "keygen",
            description = "Writes a new private key (mode 0600) and prints its public key.",
            mixinStandardHelpOptions = true)
    static final class Keygen implements Callable<Integer> {
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

    /** {@code sixgate mesh pubkey}. */
    @Command(
            name = "pubkey",
            description = "Prints the public key of a private key file, or of standard input.",
            mixinStandardHelpOptions = true)
    static final class Pubkey implements Callable<Integer> {
        @Parameters(
                arity = "0..1",
                paramLabel = "FILE",
                description = "As keygen or wg genkey writes it; absent or -: standard input.")
        private @Nullable Path file;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            spec.commandLine().getOut().println(readKey(file).publicKey());
            return 0;
        }
    }

    /** @throws Main.Failure when it holds something else; the message never repeats it */
    static PrivateKey readKey(@Nullable Path file) throws IOException {
        boolean standardInput = file == null || file.toString().equals("-");
        String from = standardInput ? "standard input" : file.toString();
        byte[] bytes;
        if (standardInput) bytes = System.in.readNBytes(MAX_KEY_FILE_BYTES);
        else {
            if (Files.exists(file) && !Files.isRegularFile(file))
                throw new Main.Failure(from + " is not a regular file");
            try (var in = Files.newInputStream(file)) {
                bytes = in.readNBytes(MAX_KEY_FILE_BYTES);
            }
        }
        try {
            return PrivateKey.parse(new String(bytes, StandardCharsets.US_ASCII).strip());
        } catch (IllegalArgumentException e) {
            throw new Main.Failure(from + " holds no private key: " + e.getMessage());
        }
    }

    /** {@code sixgate mesh status}. */
    @Command(
            name = "status",
            description = "Shows the running edge's peers, as wg show does.",
            mixinStandardHelpOptions = true)
    static final class Status implements Callable<Integer> {
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

    /** {@code sixgate mesh ping}. */
    @Command(
            name = "ping",
            description = "Sends ICMPv6 echo requests inside the tunnel.",
            mixinStandardHelpOptions = true)
    static final class Ping implements Callable<Integer> {
        @Parameters(
                paramLabel = "ADDRESS",
                description = "Of a node or workload, such as fdaa:0:48c8:a7b:228:4b6d:6e20:2.")
        private String address;

        @Option(
                names = {"-c", "--count"},
                paramLabel = "N",
                description = "How many (default: 1).")
        private int count = 1;

        @Mixin
        private RunningEdge edge;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            String target;
            try {
                target = dev.sixgate.mesh.ipv6.Ipv6Address.parse(address).toString();
            } catch (IllegalArgumentException e) {
                throw new CommandLineError(spec, e.getMessage());
            }
            for (int i = 0; i < count; i++) {
                JsonNode reply = edge.post("/mesh/ping?address=" + target);
                spec.commandLine()
                        .getOut()
                        .printf(
                                Locale.ROOT,
                                "%s answered in %.3f ms%n",
                                target,
                                reply.path("rtt_ms").asDouble());
            }
            return 0;
        }
    }
}
