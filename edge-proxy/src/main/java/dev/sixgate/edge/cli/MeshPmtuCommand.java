package dev.sixgate.edge.cli;

import dev.sixgate.edge.cli.MeshEcho.Echo;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/**
 * {@code sixgate mesh pmtu}: the largest inner packet that comes back, by halving. An answer proves a size; that it is missing
 * three times counts as too large, so that a single loss decides nothing.
 */
@Command(
        name = "pmtu",
        description = "Finds the largest inner packet that reaches an address and comes back, by echo requests of many"
                + " sizes.",
        mixinStandardHelpOptions = true)
final class MeshPmtuCommand implements Callable<Integer> {
    /** IPv6 and ICMPv6 headers around an echo's payload. */
    private static final int HEADER_BYTES = 48;
    /** What every IPv6 path carries (RFC 8200 §5). */
    private static final int LEAST_BYTES = 1280;

    @Parameters(paramLabel = "ADDRESS", description = "Of a node or workload, such as fdaa:0:48c8:a7b:228:4b6d:6e20:2.")
    private String address;

    @Option(
            names = "--tries",
            paramLabel = "N",
            description = "Unanswered requests that make a size too large (default: 3).")
    private int tries = 3;

    @Option(
            names = {"-W", "--timeout"},
            paramLabel = "SECONDS",
            description = "To wait for each answer, up to 8 (default: 1).")
    private double timeoutSeconds = 1;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (tries < 1 || tries > 100) throw new CommandLineError(spec, "--tries is not between 1 and 100");
        Duration timeout = MeshEcho.timeout(timeoutSeconds, spec);
        MeshEcho echo = new MeshEcho(edge, MeshEcho.target(address, spec));
        PrintWriter out = spec.commandLine().getOut();
        JsonNode mesh = edge.get("/mesh");
        int mtu = mesh.path("mtu").asInt();
        printUsed(mesh, echo.target().toString(), out);
        // The first may have to wait for a handshake.
        if (!echo.send(0, MeshEcho.timeout(5, spec)).answered() && !passes(echo, HEADER_BYTES, timeout, out))
            throw new Main.Failure(
                    echo.target() + " answers no echo request at all; sixgate mesh status tells about its peer");
        int passed;
        int failed;
        if (passes(echo, mtu, timeout, out)) {
            out.println("path MTU to " + echo.target() + ": " + mtu
                    + ", the MTU of this mesh; nothing larger is ever sent");
            out.flush();
            return 0;
        } else if (passes(echo, LEAST_BYTES, timeout, out)) {
            passed = LEAST_BYTES;
            failed = mtu;
        } else {
            passed = HEADER_BYTES;
            failed = LEAST_BYTES;
        }
        while (failed - passed > 1) {
            int middle = passed + (failed - passed) / 2;
            if (passes(echo, middle, timeout, out)) passed = middle;
            else failed = middle;
        }
        out.println("path MTU to " + echo.target() + ": " + passed + "; " + failed
                + " and more is lost, there or on the way back");
        out.println(
                passed < LEAST_BYTES
                        ? "that is under " + LEAST_BYTES
                                + ", the least that IPv6 asks of a path: no mtu helps, the path must be mended"
                        : "help: set mesh.mtu to " + passed + " on both sides where connections hang");
        out.flush();
        return 0;
    }

    /** What TCP found out by itself while it carried data. */
    private static void printUsed(JsonNode mesh, String target, PrintWriter out) {
        for (JsonNode peer : mesh.path("peers")) {
            JsonNode used = peer.path("path_mtus").path(target);
            if (used.isNumber())
                out.println(
                        "TCP sends " + target + " packets of " + used.asInt() + " bytes at most, by what it learned");
        }
        out.flush();
    }

    private boolean passes(MeshEcho echo, int packetBytes, Duration timeout, PrintWriter out) throws IOException {
        for (int i = 0; i < tries; i++) {
            Echo answer = echo.send(packetBytes - HEADER_BYTES, timeout);
            if (answer.answered()) {
                out.println("  " + packetBytes + " bytes: came back");
                out.flush();
                return true;
            }
        }
        out.println("  " + packetBytes + " bytes: no answer to " + tries);
        out.flush();
        return false;
    }
}
