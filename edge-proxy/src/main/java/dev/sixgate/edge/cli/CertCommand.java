package dev.sixgate.edge.cli;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate cert}. */
@Command(
        name = "cert",
        description = "Certificates.",
        mixinStandardHelpOptions = true,
        subcommands = {CertListCommand.class, CertCommand.DevCa.class})
final class CertCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLineError(spec, "a command is missing");
    }

    /** {@code sixgate cert dev-ca}. */
    @Command(
            name = "dev-ca",
            description =
                    "Makes or opens the development CA of a folder, and issues a certificate for the names given.",
            mixinStandardHelpOptions = true)
    static final class DevCa implements Callable<Integer> {
        @Option(
                names = "--dir",
                paramLabel = "DIR",
                description = "Where the CA is (default: state/dev-ca, as an edge has it).")
        private Path directory = Path.of("state", "dev-ca");

        @Option(
                names = "--out",
                paramLabel = "PREFIX",
                description = "Writes PREFIX.pem and PREFIX.key (default: the first name).")
        private @Nullable Path prefix;

        @Parameters(
                arity = "0..*",
                paramLabel = "NAME",
                description = "Host names, one-label wildcards or IP addresses.")
        private List<String> names = List.of();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.system());
            out.println("root         " + ca.rootFile());
            out.println("subject      " + ca.root().getSubjectX500Principal().getName());
            out.println("expires      " + ca.root().getNotAfter().toInstant());
            out.println("trust it     curl --cacert " + ca.rootFile()
                    + " …; never add it to a browser that you also bank with");
            if (!names.isEmpty()) issue(ca, out);
            return 0;
        }

        private void issue(DevelopmentCa ca, PrintWriter out) throws IOException {
            KeyAndChain leaf;
            try {
                leaf = ca.issue(names);
            } catch (IllegalArgumentException e) {
                throw new CommandLineError(spec, e.getMessage());
            }
            String base = prefix != null ? prefix.toString() : names.getFirst().replaceAll("[^A-Za-z0-9.-]", "_");
            Path certificate = Path.of(base + ".pem");
            Path key = Path.of(base + ".key");
            PemWriter.write(leaf, certificate, key);
            out.println("certificate  " + certificate + " for " + String.join(", ", leaf.names()) + ", until "
                    + leaf.notAfter());
            out.println("private key  " + key + " (mode 0600)");
        }
    }
}
