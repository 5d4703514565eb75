package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate anycast status}. */
@Command(
        name = "status",
        description = "Shows what the running edge announces, to whom, why, and what is known of other sites.",
        mixinStandardHelpOptions = true)
final class AnycastStatusCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.print(edge.text("/anycast"));
        else print(edge.get("/anycast"), out);
        out.flush();
        return 0;
    }

    static void print(JsonNode site, PrintWriter out) {
        out.printf(
                "site %s: %s for %s%n  %s%n",
                text(site, "site"), text(site, "state"), ago(site.path("since_seconds")), text(site, "why"));
        out.printf(
                "  announces %s by %s; %s of %s apps can be served; the state changed %s times%n",
                String.join(
                        ", ",
                        site.path("announce")
                                .valueStream()
                                .map(JsonNode::asString)
                                .toList()),
                text(site, "backend").equals("embedded") ? "the embedded speaker" : text(site, "backend"),
                site.path("healthy_apps").asInt() < 0 ? "?" : text(site, "healthy_apps"),
                text(site, "apps"),
                text(site, "changes"));
        for (JsonNode each : site.path("neighbors")) {
            out.printf(
                    "neighbor %s AS %s: %s%s, told %s%n",
                    text(each, "address"),
                    text(each, "remote_as"),
                    text(each, "state"),
                    each.path("since_seconds").isNumber() ? " for " + ago(each.path("since_seconds")) : "",
                    text(each, "told"));
            if (each.path("problem").isString()) out.printf("  %s%n", text(each, "problem"));
        }
        for (JsonNode each : site.path("sites"))
            out.printf(
                    "other site %s: %s%n",
                    text(each, "name"),
                    each.path("age_seconds").isNumber()
                            ? text(each, "state") + ", " + text(each, "healthy_apps") + " of " + text(each, "apps")
                                    + " apps, heard " + ago(each.path("age_seconds")) + " ago"
                                    + (each.path("fresh").asBoolean() ? "" : ": too long ago to count")
                            : "never heard of");
    }

    private static String text(JsonNode node, String key) {
        return node.path(key).asString();
    }

    private static String ago(JsonNode seconds) {
        double value = seconds.asDouble();
        return value < 120 ? String.format(java.util.Locale.ROOT, "%.1f s", value) : (long) value / 60 + " min";
    }
}
