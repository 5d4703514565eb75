package dev.sixgate.edge.cli;

import dev.sixgate.edge.config.JsonSchema;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sixgate schema}. */
@Command(
        name = "schema",
        description = {
            "Prints the JSON Schema (draft 2020-12) of the configuration, for editors.",
            "\"$schema\": \"sixgate.schema.json\" at the top of a file names it."
        },
        mixinStandardHelpOptions = true)
final class SchemaCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(JsonSchema.text());
        out.flush();
    }
}
