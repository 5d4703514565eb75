package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate version}. */
@Command(
        name = "version",
        description = "Prints the version, the Java run time and the native libraries in use.",
        mixinStandardHelpOptions = true)
final class VersionCommand implements Runnable, IVersionProvider {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        for (String line : getVersion()) spec.commandLine().getOut().println(line);
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "sixgate " + version(),
            "java " + Runtime.version(),
            "tls " + dev.sixgate.edge.tls.TlsTermination.engine(),
            "aead " + dev.sixgate.mesh.crypto.AeadEngines.select().name(),
            "x25519 " + dev.sixgate.mesh.crypto.X25519.engine()
        };
    }

    private static String version() {
        Properties properties = new Properties();
        try (InputStream file = VersionCommand.class.getResourceAsStream("/dev/sixgate/edge/version.properties")) {
            if (file != null) properties.load(file);
        } catch (IOException _) {
            // Said below.
        }
        return properties.getProperty("version", "(unknown version)");
    }
}
