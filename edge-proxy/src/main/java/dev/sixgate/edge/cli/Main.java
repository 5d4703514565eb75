package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sixgate}. */
@Command(
        name = "sixgate",
        description = "The edge proxy between public IPv4 and IPv6 clients and apps on an fdaa:: WireGuard mesh.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:the work failed", "2:the command line was wrong", "3:the configuration is wrong"},
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            CheckCommand.class,
            DiffCommand.class,
            ApplyCommand.class,
            RollbackCommand.class,
            SchemaCommand.class,
            RouteCommand.class,
            ExplainCommand.class,
            WhoisCommand.class,
            NodeCommand.class,
            MeshCommand.class,
            CertCommand.class,
            K8sCommand.class,
            DnsCommand.class,
            PolicyCommand.class,
            AnycastCommand.class,
            LoadCommand.class,
            VersionCommand.class,
            HelpCommand.class,
            GenerateCompletion.class
        })
public final class Main implements Runnable {
    static final int FAILED = 1;
    static final int WRONG_CONFIGURATION = 3;

    @Spec
    private CommandSpec spec;

    /** Something that went as it may; its message is all that the operator needs. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(String sentence) {
            super(sentence, null, false, false);
        }
    }

    public static void main(String[] words) {
        setUpNetty();
        System.exit(run(words, new PrintWriter(System.out, true), new PrintWriter(System.err, true)));
    }

    /** Before Netty is touched; what the operator set stays. Why: docs/decisions/0009. */
    private static void setUpNetty() {
        setUnlessSet("io.netty.allocator.type", "pooled");
        setUnlessSet("io.netty.allocator.maxCachedBufferCapacity", "65536");
        setUnlessSet("io.netty.leakDetection.level", "disabled");
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    static int run(String[] words, PrintWriter out, PrintWriter err) {
        return new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::wrongWords)
                .setExecutionExceptionHandler(Main::failed)
                .execute(words);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int wrongWords(ParameterException e, String[] words) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("sixgate: " + e.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
        err.println("help: " + command.getCommandSpec().qualifiedName() + " --help");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        command.getErr().println("sixgate: " + sentence(e));
        LoggerFactory.getLogger(Main.class).debug("command failed", e);
        return FAILED;
    }

    private static String sentence(Exception e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + " does not exist";
            case FileAlreadyExistsException there -> there.getFile() + " exists already and is left as it is";
            case java.nio.file.AccessDeniedException denied ->
                denied.getFile() + " may not be read or written by this user";
            case Failure failure -> failure.getMessage();
            case IOException io when io.getMessage() != null -> io.getMessage();
            default -> "unexpected " + e.getClass().getSimpleName() + ": " + e.getMessage() + "; please report it";
        };
    }
}
