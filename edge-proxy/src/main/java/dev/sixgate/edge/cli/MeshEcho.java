package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminClient.Answer;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;

/** Echo requests that a running edge or node sends for us. */
final class MeshEcho {
    private static final int UNANSWERED = 504;
    private static final double TIMEOUT_SECONDS_MAX = 8;

    private final RunningEdge edge;
    private final String target;

    MeshEcho(RunningEdge edge, String target) {
        this.edge = edge;
        this.target = target;
    }

    /** @param why there was no answer; empty when there was */
    record Echo(boolean answered, double rttMs, String why) {}

    static String target(String address, CommandSpec spec) {
        try {
            return Ipv6Address.parse(address).toString();
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, e.getMessage());
        }
    }

    static Duration timeout(double seconds, CommandSpec spec) {
        if (!(seconds >= 0.001 && seconds <= TIMEOUT_SECONDS_MAX))
            throw new CommandLineError(spec, "--timeout is not between 0.001 and 8 seconds");
        return Duration.ofMillis((long) (seconds * 1000));
    }

    String target() {
        return target;
    }

    /** @throws Main.Failure when it could not even be sent */
    Echo send(int bytes, Duration timeout) throws IOException {
        Answer answer = edge.ask(
                "POST", "/mesh/ping?address=" + target + "&bytes=" + bytes + "&timeout_ms=" + timeout.toMillis());
        if (answer.status() == UNANSWERED) return new Echo(false, 0, RunningEdge.error(answer));
        return new Echo(true, RunningEdge.json(answer).path("rtt_ms").asDouble(), "");
    }
}
