package dev.sixgate.edge.cli;

import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.edge.config.ProblemPrinter;
import dev.sixgate.edge.config.Reading;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate check}. */
@Command(
        name = "check",
        description = "Validates a configuration offline and prints every problem: what, where, why, and the mend.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    enum Format {
        TEXT,
        JSON
    }

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Option(names = "--strict", description = "Warnings count as errors.")
    private boolean strict;

    @Option(names = "--format", paramLabel = "text|json", description = "How problems are printed (default: text).")
    private Format format = Format.TEXT;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Reading reading = ConfigReader.read(file);
        PrintWriter out = spec.commandLine().getOut();
        boolean good = reading.problems().stream().noneMatch(problem -> strict || problem.isError());
        if (format == Format.JSON) out.print(ProblemPrinter.json(reading.problems()));
        else {
            out.print(ProblemPrinter.text(reading.problems()));
            long errors = reading.problems().stream().filter(p -> p.isError()).count();
            long warnings = reading.problems().size() - errors;
            boolean partly = !good && errors > 0 && reading.snapshot() != null;
            String verdict = good
                    ? " is good"
                    : partly ? " would run without the documents that have errors" : " cannot be used";
            out.println(file + verdict + ": " + count(errors, "error") + ", " + count(warnings, "warning"));
        }
        out.flush();
        return good ? 0 : Main.WRONG_CONFIGURATION;
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
