package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh capture}. */
@Command(
        name = "capture",
        description =
                "Writes decrypted inner packets as pcapng, with their peer and direction as comments, until Ctrl-C.",
        mixinStandardHelpOptions = true)
final class MeshCaptureCommand implements Callable<Integer> {
    @Option(names = "--peer", paramLabel = "NAME", description = "Only packets to and from this peer (default: all).")
    private @Nullable String peer;

    @Option(names = "--count", paramLabel = "N", description = "End after so many packets.")
    private @Nullable Integer count;

    @Option(
            names = "-w",
            paramLabel = "FILE",
            description = "Where to, created with mode 0600; - is standard output (default), for wireshark -k -i -.")
    private Path file = Path.of("-");

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (count != null && count < 1) throw new CommandLineError(spec, "--count is 1 or more");
        boolean standardOutput = file.toString().equals("-");
        if (standardOutput && System.console() != null && System.console().isTerminal())
            throw new CommandLineError(
                    spec,
                    "a capture is not for a terminal; -w FILE writes it to a file, or pipe it to wireshark -k -i -");
        PrintWriter err = spec.commandLine().getErr();
        try (AdminStream stream = edge.stream(path());
                OutputStream out = standardOutput ? new BufferedOutputStream(System.out) : create(file)) {
            AtomicBoolean interrupted = new AtomicBoolean();
            Signals.on("INT", () -> stop(stream, interrupted));
            Signals.on("TERM", () -> stop(stream, interrupted));
            err.println("capturing" + (peer == null ? "" : " peer " + peer) + "; Ctrl-C ends it");
            Map<String, String> figures = stream.copyTo(out);
            err.println(figures.getOrDefault("sixgate-captured", "?") + " packets captured, "
                    + figures.getOrDefault("sixgate-dropped", "?") + " dropped because they were not taken in time");
        }
        return 0;
    }

    private String path() {
        String query = "";
        if (peer != null) query += "&peer=" + URLEncoder.encode(peer, StandardCharsets.UTF_8);
        if (count != null) query += "&count=" + count;
        return "/mesh/capture" + (query.isEmpty() ? "" : "?" + query.substring(1));
    }

    /** The first time in good order, then at once. */
    private static void stop(AdminStream stream, AtomicBoolean interrupted) {
        try {
            if (interrupted.compareAndSet(false, true)) stream.stop();
            else stream.close();
        } catch (IOException e) {
            // The stream has ended, and the reader of it says why.
        }
    }

    /** It holds plaintext: for its owner only. */
    private static OutputStream create(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isSymbolicLink(file)) return Files.newOutputStream(file); // a named pipe, say
        var owner = PosixFilePermissions.fromString("rw-------");
        var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        var channel = Files.newByteChannel(file, options, PosixFilePermissions.asFileAttribute(owner));
        Files.setPosixFilePermissions(file, owner);
        return new BufferedOutputStream(Channels.newOutputStream(channel));
    }
}
