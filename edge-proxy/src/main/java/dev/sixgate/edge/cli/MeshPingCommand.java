package dev.sixgate.edge.cli;

import dev.sixgate.edge.cli.MeshEcho.Echo;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh ping}, in the manner of ping(8). */
@Command(
        name = "ping",
        description = "Sends ICMPv6 echo requests inside the tunnel; exits 1 when none was answered.",
        mixinStandardHelpOptions = true)
final class MeshPingCommand implements Callable<Integer> {
    private static final int ICMP_BYTES = 8;

    @Parameters(paramLabel = "ADDRESS", description = "Of a node or workload, such as fdaa:0:48c8:a7b:228:4b6d:6e20:2.")
    private String address;

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "How many (default: 1); 0: until Ctrl-C.")
    private int count = 1;

    @Option(
            names = {"-s", "--size"},
            paramLabel = "BYTES",
            description = "Payload of each (default: 56).")
    private int bytes = 56;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "SECONDS",
            description = "From one to the next (default: 1).")
    private double intervalSeconds = 1;

    @Option(
            names = {"-W", "--timeout"},
            paramLabel = "SECONDS",
            description = "To wait for each answer, up to 8 (default: 5).")
    private double timeoutSeconds = 5;

    @Mixin
    private RunningEdge edge;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (count < 0) throw new CommandLineError(spec, "--count is 0 or more");
        if (bytes < 0 || bytes > 65_535) throw new CommandLineError(spec, "--size is not between 0 and 65535");
        if (!(intervalSeconds >= 0.01 && intervalSeconds <= 3600))
            throw new CommandLineError(spec, "--interval is not between 0.01 and 3600 seconds");
        Duration timeout = MeshEcho.timeout(timeoutSeconds, spec);
        MeshEcho echo = new MeshEcho(edge, MeshEcho.target(address, spec));
        PrintWriter out = spec.commandLine().getOut();
        CountDownLatch interrupted = new CountDownLatch(1);
        Signals.on("INT", interrupted::countDown);
        Figures figures = new Figures();
        long began = System.nanoTime();
        for (int sequence = 1; ; sequence++) {
            Echo answer = echo.send(bytes, timeout);
            if (sequence == 1) out.println("PING " + echo.target() + " " + bytes + " data bytes, through the tunnel");
            figures.add(answer);
            if (answer.answered())
                out.printf(
                        Locale.ROOT,
                        "%d bytes from %s: icmp_seq=%d time=%.3f ms%n",
                        bytes + ICMP_BYTES,
                        echo.target(),
                        sequence,
                        answer.rttMs());
            else out.println("no answer: icmp_seq=" + sequence + ", " + answer.why());
            out.flush();
            if (sequence == count) break;
            long next = began + (long) (sequence * intervalSeconds * 1e9);
            if (interrupted.await(Math.max(0, next - System.nanoTime()), TimeUnit.NANOSECONDS)) break;
        }
        figures.print(echo.target(), (System.nanoTime() - began) / 1_000_000, out);
        return figures.received > 0 ? 0 : Main.FAILED;
    }

    private static final class Figures {
        private int sent;
        private int received;
        private double least = Double.MAX_VALUE;
        private double most;
        private double sum;
        private double sumOfSquares;

        void add(Echo echo) {
            sent++;
            if (!echo.answered()) return;
            received++;
            least = Math.min(least, echo.rttMs());
            most = Math.max(most, echo.rttMs());
            sum += echo.rttMs();
            sumOfSquares += echo.rttMs() * echo.rttMs();
        }

        void print(String target, long millis, PrintWriter out) {
            out.println();
            out.println("--- " + target + " ping statistics ---");
            out.printf(
                    Locale.ROOT,
                    "%d packets transmitted, %d received, %s%% packet loss, time %dms%n",
                    sent,
                    received,
                    String.format(Locale.ROOT, "%.1f", 100.0 * (sent - received) / sent)
                            .replace(".0", ""),
                    millis);
            if (received == 0) return;
            double mean = sum / received;
            double deviation = Math.sqrt(Math.max(0, sumOfSquares / received - mean * mean));
            out.printf(Locale.ROOT, "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms%n", least, mean, most, deviation);
            out.flush();
        }
    }
}
