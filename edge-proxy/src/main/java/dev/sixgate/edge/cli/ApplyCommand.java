package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminClient.Answer;
import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.edge.config.Problem;
import dev.sixgate.edge.config.ProblemPrinter;
import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.run.RollbackRule;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate apply}. */
@Command(
        name = "apply",
        description = {
            "Has the running edge serve FILE, all of it or, when any of it is wrong, nothing; and follow it from then"
                    + " on.",
            "With --rollback-if it goes back by itself; the exit code is then 1."
        },
        mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
    private static final Pattern WITH_WINDOW = Pattern.compile("(.+?)\\s+for\\s+(\\S+)");
    private static final Pattern SECONDS = Pattern.compile("([0-9]{1,4})(s|m)");
    private static final long POLL_MILLIS = 200;

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Option(
            names = "--rollback-if",
            paramLabel = "RULE",
            description = "Such as 'p99>250ms|error_rate>1%%': goes back when requests of the new version do so.")
    private @Nullable String rule;

    @Option(
            names = "--within",
            paramLabel = "DURATION",
            description = "How long --rollback-if is looked at (default: 30s).")
    private String within = "30s";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        String query = "/apply?file=" + RunningEdge.encoded(file) + approval();
        // The edge would say it too, in fewer words.
        Reading reading = ConfigReader.read(file);
        if (reading.problems().stream().anyMatch(Problem::isError)) {
            if (json) out.print(ProblemPrinter.json(reading.problems()));
            else err.print(ProblemPrinter.text(reading.problems()));
            out.flush();
            err.flush();
            if (reading.snapshot() == null) return Main.WRONG_CONFIGURATION;
        }
        Answer answer = edge.ask("POST", query);
        if (answer.status() != 200 && answer.status() != 422) RunningEdge.json(answer);
        JsonNode applied = RunningEdge.parsed(answer);
        if (json) out.println(answer.body().strip());
        else if (answer.ok()) {
            AnswerText.changes(applied, out);
            out.println("version " + applied.path("version").longValue() + " is served");
        } else {
            AnswerText.changes(applied, err);
            AnswerText.problems(applied, err);
            err.println("refused; version " + applied.path("version").longValue() + " goes on");
        }
        out.flush();
        err.flush();
        if (!answer.ok()) return Main.FAILED;
        return rule == null ? 0 : awaitEnd(out);
    }

    private String approval() {
        if (rule == null) return "";
        String conditions = rule;
        String window = within;
        Matcher with = WITH_WINDOW.matcher(rule);
        if (with.matches()) {
            conditions = with.group(1);
            window = with.group(2);
        }
        Matcher seconds = SECONDS.matcher(window);
        try {
            RollbackRule.parse(conditions);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        if (!seconds.matches() || Integer.parseInt(seconds.group(1)) == 0)
            throw new ParameterException(spec.commandLine(), window + " is not a duration such as 30s or 5m");
        int length = Integer.parseInt(seconds.group(1)) * (seconds.group(2).equals("m") ? 60 : 1);
        return "&rollback_if=" + URLEncoder.encode(conditions, StandardCharsets.UTF_8) + "&within=" + length;
    }

    /** The edge decides, whether or not we look on. */
    private int awaitEnd(PrintWriter out) throws IOException, InterruptedException {
        while (true) {
            Answer answer = edge.ask("GET", "/apply");
            JsonNode trial = RunningEdge.json(answer);
            String state = trial.path("state").asString("");
            if (state.equals("watching")) {
                Thread.sleep(POLL_MILLIS);
                continue;
            }
            boolean kept = state.equals("kept");
            if (json) out.println(answer.body().strip());
            else
                out.println((kept ? "kept: " : "rolled back: ")
                        + trial.path("why").asString("") + "; version "
                        + trial.path("version").longValue() + " is served");
            out.flush();
            return kept ? 0 : Main.FAILED;
        }
    }
}
