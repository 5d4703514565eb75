package dev.sixgate.edge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate cert list}. */
@Command(
        name = "list",
        description = "Shows the running edge's certificates: where they come from, when they end, what went wrong.",
        mixinStandardHelpOptions = true)
final class CertListCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.print(edge.text("/certificates"));
        else print(edge.get("/certificates").path("certificates"), Instant.now(), out);
        out.flush();
        return 0;
    }

    static void print(JsonNode certificates, Instant now, PrintWriter out) {
        if (certificates.isEmpty()) out.println("no certificates: no port of this edge terminates TLS");
        for (JsonNode certificate : certificates) {
            List<String> names = new ArrayList<>();
            certificate.path("names").forEach(name -> names.add(name.asString()));
            out.println(String.join(", ", names));
            line(out, "source", certificate.path("source").asString());
            String issuer = certificate.path("issuer").asString("");
            if (!issuer.isEmpty()) line(out, "issuer", issuer);
            line(out, "expires", when(certificate.path("expires").asString(""), now, "not issued yet"));
            String renewal = certificate.path("next_renewal").asString("");
            if (!renewal.isEmpty()) line(out, "next order", when(renewal, now, ""));
            String error = certificate.path("last_error").asString("");
            if (!error.isEmpty())
                line(
                        out,
                        "last error",
                        error + " (failure " + certificate.path("failures").asInt() + ")");
        }
    }

    private static void line(PrintWriter out, String key, String value) {
        out.printf("  %-11s %s%n", key, value);
    }

    private static String when(String time, Instant now, String never) {
        if (time.isEmpty()) return never;
        Duration left = Duration.between(now, Instant.parse(time));
        String span = left.abs().compareTo(Duration.ofDays(2)) > 0
                ? left.abs().toDays() + " days"
                : left.abs().compareTo(Duration.ofHours(2)) > 0
                        ? left.abs().toHours() + " hours"
                        : left.abs().toMinutes() + " minutes";
        return time + (left.isNegative() ? ", " + span + " ago" : ", in " + span);
    }
}
