package dev.sixgate.load;

import java.io.PrintWriter;
import picocli.CommandLine;

/** {@code sixgate load …}; the launcher starts this jar. */
public final class Main {
    private Main() {}

    public static void main(String[] words) {
        PrintWriter out = new PrintWriter(System.out, true);
        System.setOut(System.err); // Gatling prints its own lines there; standard output is for what was asked
        System.exit(run(out, new PrintWriter(System.err, true), words));
    }

    /** @return 0 the gates held, 1 they did not or nothing could be measured, 2 the command line is wrong */
    static int run(PrintWriter out, PrintWriter err, String... words) {
        return new CommandLine(new LoadCommand())
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((e, _) -> {
                    err.println("sixgate load: " + e.getMessage());
                    err.println("help: " + e.getCommandLine().getCommandSpec().qualifiedName()
                            + " --help shows the options");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, _, _) -> {
                    err.println("sixgate load: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(words);
    }
}
