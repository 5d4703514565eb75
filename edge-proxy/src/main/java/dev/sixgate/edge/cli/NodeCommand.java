package dev.sixgate.edge.cli;

import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.edge.config.NodeReading;
import dev.sixgate.edge.config.ProblemPrinter;
import dev.sixgate.edge.listener.SocketTransport;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.node.Node;
import dev.sixgate.edge.node.NodeAdmin;
import dev.sixgate.edge.node.NodePlan;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.mesh.tun.TunConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate node}: until SIGTERM (drain first) or SIGINT (at once). */
@Command(
        name = "node",
        description = "Owns fdaa:: addresses in user space and hands their connections to local apps. Needs no root.",
        mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {
    private static final Duration DRAIN = Duration.ofSeconds(30);

    @Parameters(paramLabel = "FILE", description = "A wg-quick file, or JSON with \"mesh\" and \"node\".")
    private Path file;

    @Option(
            names = "--port",
            paramLabel = "PORT[=ADDRESS:PORT]",
            description = "A port of the mesh address and the app behind it (default: the same port of loopback)."
                    + " Repeatable; wins over the file.")
    private List<String> ports = List.of();

    @Option(
            names = "--admin",
            paramLabel = "SOCKET",
            description = "Answers sixgate mesh commands on this Unix socket, mode 0600 (default: none).")
    private @Nullable Path admin;

    @Option(
            names = "--tun",
            paramLabel = "NAME[=ADDRESS]",
            description = "Also makes a TUN device, so that kernel sockets of this host are in the mesh at ADDRESS"
                    + " (default: the node's own, which --port then does not serve). Linux; needs CAP_NET_ADMIN.")
    private @Nullable String tun;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, IOException {
        CountDownLatch terminate = new CountDownLatch(1);
        Signals.on("TERM", terminate::countDown);
        List<NodePort> wanted = new ArrayList<>();
        try {
            for (String port : ports) wanted.add(NodePort.parse(port));
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, e.getMessage());
        }
        PrintWriter err = spec.commandLine().getErr();
        NodeReading reading = ConfigReader.readNode(file);
        err.print(ProblemPrinter.text(reading.problems()));
        err.flush();
        MeshSettings mesh = reading.mesh();
        if (mesh == null) return Main.WRONG_CONFIGURATION;
        for (NodePort port : reading.ports())
            if (wanted.stream().noneMatch(named -> named.port() == port.port())) wanted.add(port);
        NodePlan plan = plan(mesh, wanted, reading.policies());
        EventLoopGroup loops = SocketTransport.best().newLoops(1, new DefaultThreadFactory("sixgate-node"));
        try (NodeAdmin operators = new NodeAdmin(admin)) {
            Node node = start(loops, plan);
            operators.open(node);
            if (plan.tun() != null)
                err.printf(
                        "kernel sockets have %s on %s%n",
                        plan.tun().addresses(), plan.tun().name());
            err.printf(
                    "node %s hands over %s; WireGuard on UDP port %d, key %s%n",
                    mesh.config().addresses(),
                    wanted.stream().map(NodePort::toString).collect(Collectors.joining(", ")),
                    node.underlayAddress().getPort(),
                    mesh.config().privateKey().publicKey());
            terminate.await();
            err.printf("draining, at most %d s; SIGINT stops at once%n", DRAIN.toSeconds());
            node.drain(DRAIN).await(DRAIN.toMillis() + 5_000);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2_000);
        }
        return 0;
    }

    private NodePlan plan(MeshSettings mesh, List<NodePort> wanted, List<Policy> policies) {
        try {
            TunConfig device = tun == null ? null : HostDevice.parse(tun, mesh.config(), wanted);
            return new NodePlan(mesh.config(), mesh.listenPort(), wanted, device, policies);
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, e.getMessage());
        }
    }

    private static Node start(EventLoopGroup loops, NodePlan plan) throws InterruptedException {
        Future<Node> started = Node.start(loops.next(), plan).await();
        if (!started.isSuccess())
            throw new Main.Failure(String.valueOf(started.cause().getMessage()));
        return started.getNow();
    }
}
