package dev.sixgate.edge.cli;

import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.sixpn.AddressBook;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** {@code sixgate whois}. */
@Command(
        name = "whois",
        description = "Says network, host, machine and owner of a mesh address, or the addresses of a name or an IPv4"
                + " client.",
        mixinStandardHelpOptions = true,
        footer = {"", "Asks FILE if it is given, else the running edge; without either it prints the layout."})
final class WhoisCommand implements Callable<Integer> {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    @Parameters(
            index = "0",
            paramLabel = "ADDRESS|NAME",
            description = "An IPv6 address, an IPv4 client, or an app, app/backend, backend or peer.")
    private String asked;

    @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "The operator's file.")
    private @Nullable Path file;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        AddressBook.Answer answer;
        boolean layoutOnly = file == null && !edge.isThere();
        if (layoutOnly) {
            answer = AddressBook.EMPTY.about(asked);
            if (answer.addresses().isEmpty())
                throw new Main.Failure("no running edge was found to ask about " + answer.meant()
                        + "; name a FILE, or the edge's socket with --admin");
            spec.commandLine()
                    .getErr()
                    .println("sixgate: no running edge was found and no FILE named, so this is the layout alone");
        } else if (file == null) {
            answer = JSON.readValue(
                    edge.text("/whois?of=" + URLEncoder.encode(asked, StandardCharsets.UTF_8)),
                    AddressBook.Answer.class);
        } else {
            Snapshot snapshot =
                    Configuration.read(file, spec.commandLine().getErr()).snapshot();
            if (snapshot == null) return Main.WRONG_CONFIGURATION;
            answer = snapshot.addressBook().about(asked);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.println(JSON.writeValueAsString(answer));
        else print(answer, layoutOnly, out);
        out.flush();
        return layoutOnly || answer.addresses().stream().anyMatch(AddressBook.Described::isKnown) ? 0 : Main.FAILED;
    }

    static void print(AddressBook.Answer answer, boolean layoutOnly, PrintWriter out) {
        if (answer.addresses().isEmpty()) out.println(answer.meant() + ": nothing here has an address by that");
        for (AddressBook.Described one : answer.addresses()) {
            out.println(one.address());
            String network = one.networkName();
            line(out, "network", one.network(), one.networkRange() + (network == null ? "" : ", " + network));
            String host = one.hostOwner();
            line(out, "host", one.host(), one.hostRange() + (host == null ? "" : ", " + host));
            line(out, "machine", one.machine(), null);
            line(out, "free", one.free(), null);
            if (one.client() != null) line(out, "stands for", "client " + one.client(), null);
            for (AddressBook.Owner owner : one.owners())
                line(
                        out,
                        "owner",
                        owner.backend().isEmpty() ? owner.app() : owner.app() + "/" + owner.backend(),
                        owner.kind()
                                + (owner.region().isEmpty() ? "" : ", region " + owner.region())
                                + (owner.port() == 0 ? "" : ", port " + owner.port()));
            if (!one.isKnown() && !layoutOnly) out.println("  nobody is known to have it");
        }
    }

    private static void line(PrintWriter out, String key, String value, @Nullable String more) {
        out.printf("  %-10s  %s%s%n", key, value, more == null ? "" : " (" + more + ")");
    }
}
