package dev.sixgate.edge.cli;

import dev.sixgate.edge.networkpolicy.AddressSet;
import dev.sixgate.edge.networkpolicy.Flow;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.networkpolicy.Verdict;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate policy test}: the policies of a file, asked as the edge asks them. */
@Command(
        name = "test",
        description = "Says offline whether A may open a flow to B, and by which rule or for want of which.",
        mixinStandardHelpOptions = true)
final class PolicyTestCommand implements Callable<Integer> {
    private static final Pattern TARGET = Pattern.compile("(?:\\[([^\\[\\]]+)\\]|([^:\\[\\]]+)):([0-9]{1,5})");
    private static final String EDGE = "edge";

    @Parameters(index = "0", paramLabel = "FILE")
    private Path file;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "A",
            description =
                    "An address, an app, app/backend, or edge; an IPv4 or public address is a client of the edge.")
    private String from;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "B:PORT",
            description = "[address]:port, app:port or app/backend:port.")
    private String to;

    @Option(names = "--udp", description = "Datagrams instead of a connection.")
    private boolean udp;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Matcher target = TARGET.matcher(to);
        int port = target.matches() ? Integer.parseInt(target.group(3)) : 0;
        if (port < 1 || port > 65_535)
            throw new CommandLineError(spec, "--to is [address]:port, app:port or app/backend:port");
        Snapshot snapshot =
                Configuration.read(file, spec.commandLine().getErr()).snapshot();
        if (snapshot == null) return Main.WRONG_CONFIGURATION;
        Map<String, Ipv6Address> sources = named(snapshot, from, "--from");
        Map<String, Ipv6Address> destinations =
                named(snapshot, target.group(1) == null ? target.group(2) : target.group(1), "--to");
        PolicyTable table = PolicyTable.of(snapshot.policies(), PolicyTable.Tally.NONE);
        PrintWriter out = spec.commandLine().getOut();
        boolean all = true;
        for (Ipv6Address source : sources.values())
            for (Ipv6Address destination : destinations.values()) {
                Flow flow = flow(snapshot, source, destination, port);
                Verdict verdict = table.check(flow);
                all &= verdict.allowed();
                out.println((verdict.allowed() ? "allowed  " : "denied   ") + flow + ": " + verdict.why());
            }
        out.flush();
        return all ? 0 : Main.FAILED;
    }

    /** A public client comes through the edge. */
    private Flow flow(Snapshot snapshot, Ipv6Address source, Ipv6Address destination, int port) {
        Protocol protocol = udp ? Protocol.UDP : Protocol.TCP;
        boolean isClient = isAddress(from) && AddressSet.PUBLIC.contains(source);
        return isClient
                ? new Flow(protocol, edge(snapshot), source, destination, port)
                : new Flow(protocol, source, null, destination, port);
    }

    private static boolean isAddress(String text) {
        try {
            InetAddress _ = InetAddress.ofLiteral(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Ipv6Address edge(Snapshot snapshot) {
        return snapshot.mesh() == null
                ? Ipv6Address.UNSPECIFIED
                : snapshot.mesh().config().addresses().getFirst().address();
    }

    private Map<String, Ipv6Address> named(Snapshot snapshot, String name, String option) {
        if (name.equals(EDGE) || name.equals(snapshot.name())) return Map.of(name, edge(snapshot));
        if (isAddress(name)) return Map.of(name, AddressSet.key(InetAddress.ofLiteral(name)));
        Map<String, Ipv6Address> found = new LinkedHashMap<>();
        List<String> apps = new ArrayList<>();
        for (App app : snapshot.apps()) {
            apps.add(app.name());
            for (Backend backend : app.backends())
                if (name.equals(app.name()) || name.equals(app.name() + "/" + backend.name()))
                    found.put(app.name() + "/" + backend.name(), AddressSet.key(backend.address()));
        }
        if (found.isEmpty())
            throw new CommandLineError(
                    spec,
                    option + ": \"" + name + "\" is no address, and no app with a backend; apps: "
                            + String.join(", ", apps));
        return found;
    }
}
