package dev.sixgate.edge.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Words that parse but mean nothing: exit code 2. */
final class CommandLineError extends ParameterException {
    private static final long serialVersionUID = 1;

    CommandLineError(CommandSpec spec, String sentence) {
        super(spec.commandLine(), sentence);
    }
}
