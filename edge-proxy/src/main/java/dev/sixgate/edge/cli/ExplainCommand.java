package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate explain}. */
@Command(
        name = "explain",
        description =
                "Tells what happened to one request, from accept to the last inner ACK; without ID, lists those in"
                        + " memory.",
        mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
    enum Kind {
        RECENT,
        FAILURES,
        SLOW
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "ID",
            description = "As in the sixgate-request-id header and the access log.")
    private @Nullable String id;

    @Option(names = "--kind", paramLabel = "recent|failures|slow", description = "Which to list (default: recent).")
    private Kind kind = Kind.RECENT;

    @Option(names = "--limit", paramLabel = "N", description = "How many to list (default: 50).")
    private int limit = 50;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (id != null) {
            if (!id.matches("[0-9A-Za-z-]{1,64}"))
                throw new CommandLineError(spec, "\"" + id + "\" is no request id; they are 16 hexadecimal digits");
            out.print(edge.text("/explain/" + id + "?format=" + (json ? "json" : "text")));
        } else {
            String path = "/explain?kind=" + kind.name().toLowerCase(Locale.ROOT) + "&limit=" + limit;
            if (json) out.print(edge.text(path));
            else {
                JsonNode requests = edge.get(path).path("requests");
                for (JsonNode request : requests)
                    out.println(harmless(request.path("id").asString() + "  "
                            + request.path("started_at").asString() + "  "
                            + request.path("asked").asString() + "  "
                            + request.path("verdict").asString()));
                if (requests.isEmpty())
                    out.println("no request is in memory; failures and slow requests are kept there");
            }
        }
        out.flush();
        return 0;
    }

    /** Host and path are what a client sent; a terminal must not obey them. */
    private static String harmless(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}]", "?");
    }
}
