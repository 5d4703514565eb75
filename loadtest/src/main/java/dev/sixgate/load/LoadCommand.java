package dev.sixgate.load;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sixgate load}: the family of load commands. */
@Command(
        name = "sixgate load",
        description = "Load a running edge from outside and judge what it answers.",
        mixinStandardHelpOptions = true,
        versionProvider = LoadCommand.Version.class,
        subcommands = RunCommand.class)
final class LoadCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do, such as \"run browse --target URL\"");
    }

    static final class Version implements picocli.CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = LoadCommand.class.getPackage().getImplementationVersion();
            return new String[] {"sixgate load " + (version == null ? "development" : version)};
        }
    }
}
