package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminClient.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate rollback}. */
@Command(
        name = "rollback",
        description = {
            "Has the running edge serve again what it served before the last change.",
            "The file is left alone and read again when it changes."
        },
        mixinStandardHelpOptions = true)
final class RollbackCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Answer answer = edge.ask("POST", "/rollback");
        if (answer.status() != 200 && answer.status() != 422) RunningEdge.json(answer);
        JsonNode applied = RunningEdge.parsed(answer);
        if (json) out.println(answer.body().strip());
        else if (answer.ok()) {
            AnswerText.changes(applied, out);
            out.println("rolled back; version " + applied.path("version").longValue() + " is served");
        } else AnswerText.problems(applied, err);
        out.flush();
        return answer.ok() ? 0 : Main.FAILED;
    }
}
