package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminClient.Answer;
import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.config.WrittenChanges;
import dev.sixgate.edge.run.ChangeLines;
import dev.sixgate.edge.run.Comparison;
import dev.sixgate.edge.run.Snapshot;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate diff}. */
@Command(
        name = "diff",
        description = "Shows what NEW would change: against OLD, or else against what the running edge serves.",
        mixinStandardHelpOptions = true)
final class DiffCommand implements Callable<Integer> {
    @Parameters(paramLabel = "[OLD] NEW", arity = "1..2", description = "One file is compared with the running edge.")
    private List<Path> files = List.of();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        return files.size() == 2 ? offline(files.getFirst(), files.getLast()) : running(files.getFirst());
    }

    private int offline(Path before, Path after) {
        PrintWriter err = spec.commandLine().getErr();
        Reading old = Configuration.read(before, err);
        Reading fresh = Configuration.read(after, err);
        @Nullable Snapshot was = old.snapshot();
        @Nullable Snapshot is = fresh.snapshot();
        if (was == null || is == null) return Main.WRONG_CONFIGURATION;
        Comparison comparison = Comparison.of(was, is, WrittenChanges.between(old, fresh));
        String answer = AnswerText.json(ChangeLines.diff(List.of(), comparison, null));
        print(answer);
        return 0;
    }

    private int running(Path file) throws IOException {
        Answer answer = edge.ask("GET", "/diff?file=" + RunningEdge.encoded(file));
        if (answer.status() != 200 && answer.status() != 422) RunningEdge.json(answer);
        if (answer.status() == 422 && !json) {
            AnswerText.problems(RunningEdge.parsed(answer), spec.commandLine().getErr());
            return Main.WRONG_CONFIGURATION;
        }
        print(answer.body());
        return answer.ok() ? 0 : Main.WRONG_CONFIGURATION;
    }

    private void print(String answer) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.println(answer.strip());
        else {
            JsonNode diff = AnswerText.parse(answer);
            AnswerText.changes(diff, out);
            if (diff.path("restart").booleanValue(false))
                out.println("a running edge refuses this: what is marked takes a restart");
        }
        out.flush();
    }
}
