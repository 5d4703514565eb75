package dev.sixgate.edge.cli;

import dev.sixgate.edge.dns.Lookup;
import dev.sixgate.edge.run.Names;
import dev.sixgate.edge.run.Snapshot;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

/** {@code sixgate dns dig}. */
@Command(
        name = "dig",
        description = "Asks for a name of ours, as the running edge or a configuration file has it.",
        mixinStandardHelpOptions = true)
final class DnsDigCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "NAME",
            description = "Such as shop.internal or kuard.default.svc.cluster.local.")
    private String name;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "TYPE",
            description = "AAAA, A, TXT, SRV or PTR (default: AAAA).")
    private String type = "AAAA";

    @Option(names = "--file", paramLabel = "FILE", description = "Look in this configuration, and ask no running edge.")
    private @Nullable Path file;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        String wanted = type.toUpperCase(Locale.ROOT);
        if (!Lookup.TYPES.contains(wanted))
            throw new CommandLineError(spec, "\"" + type + "\" is not one of " + String.join(", ", Lookup.TYPES));
        Lookup found = file == null ? ask(wanted) : look(file, wanted);
        if (found == null) return Main.WRONG_CONFIGURATION;
        PrintWriter out = spec.commandLine().getOut();
        for (String record : found.records()) out.println(found.name() + ". " + found.type() + " " + record);
        out.flush();
        PrintWriter err = spec.commandLine().getErr();
        if (found.records().isEmpty()) err.println(sentence(found));
        err.flush();
        return found.status().equals("NOERROR") ? 0 : Main.FAILED;
    }

    private static String sentence(Lookup found) {
        return switch (found.status()) {
            case "NOERROR" -> found.status() + ": " + found.name() + " exists and has no " + found.type() + " record";
            case "NXDOMAIN" -> found.status() + ": there is no " + found.name();
            default -> found.status() + ": " + found.name() + " is in no zone of ours";
        };
    }

    private @Nullable Lookup look(Path configuration, String wanted) {
        Snapshot snapshot =
                Configuration.read(configuration, spec.commandLine().getErr()).snapshot();
        return snapshot == null ? null : Names.lookup(snapshot, name, wanted);
    }

    private Lookup ask(String wanted) throws IOException {
        JsonNode answer = edge.get("/dns?name=" + URLEncoder.encode(name, StandardCharsets.UTF_8) + "&type=" + wanted);
        List<String> records = new ArrayList<>();
        answer.path("records").forEach(each -> records.add(each.asString()));
        return new Lookup(
                answer.path("name").asString(),
                answer.path("type").asString(),
                answer.path("status").asString(),
                answer.path("zone").isNull() ? null : answer.path("zone").asString(),
                records);
    }
}
