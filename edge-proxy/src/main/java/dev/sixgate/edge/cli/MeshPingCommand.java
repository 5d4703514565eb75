package dev.sixgate.edge.cli;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sixgate mesh ping}. */
@Command(name = "ping", description = "Sends ICMPv6 echo requests inside the tunnel.", mixinStandardHelpOptions = true)
final class MeshPingCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ADDRESS", description = "Of a node or workload, such as fdaa:0:48c8:a7b:228:4b6d:6e20:2.")
    private String address;

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "How many (default: 1).")
    private int count = 1;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        String target;
        try {
            target = Ipv6Address.parse(address).toString();
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, e.getMessage());
        }
        for (int i = 0; i < count; i++) {
            JsonNode reply = edge.post("/mesh/ping?address=" + target);
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "%s answered in %.3f ms%n",
                            target,
                            reply.path("rtt_ms").asDouble());
        }
        return 0;
    }
}
