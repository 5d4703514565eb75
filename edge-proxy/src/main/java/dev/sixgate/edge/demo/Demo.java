package dev.sixgate.edge.demo;

import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.edge.config.ProblemPrinter;
import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.listener.SocketTransport;
import dev.sixgate.edge.run.Edge;
import dev.sixgate.edge.run.EdgeStartException;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The whole of sixgate on loopback. Closing it stops everything and deletes its files; from any thread, more than once. */
public final class Demo implements AutoCloseable {
    private static final Map<String, Ipv6Address> REGIONS = new LinkedHashMap<>();

    static {
        REGIONS.put("fra", Ipv6Address.parse("fdaa:0:48c8:a7b:228:4b6d:6e20:2"));
        REGIONS.put("ams", Ipv6Address.parse("fdaa:0:48c8:a7b:31c:11d2:9c01:2"));
        REGIONS.put("iad", Ipv6Address.parse("fdaa:0:48c8:a7b:402:77aa:301:2"));
    }

    private final DemoPorts ports;
    private final DemoFiles files;
    private final List<InetAddress> addresses = listenable();
    private final List<DemoNode> nodes = new ArrayList<>();
    private final EventLoopGroup nodeLoops =
            SocketTransport.best().newLoops(1, new DefaultThreadFactory("demo-nodes", true));
    private final EventLoopGroup appLoops =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("demo-apps", true), NioIoHandler.newFactory());
    private final Edge edge;
    private boolean closed;

    /**
     * @throws EdgeStartException with a plain sentence, such as a port in use; then nothing is left running
     * @throws IOException when the folder for temporary files cannot be written
     */
    public Demo(DemoPorts ports) throws EdgeStartException, IOException {
        this.ports = ports;
        files = new DemoFiles();
        boolean started = false;
        try {
            edge = startEdge();
            started = true;
        } finally {
            if (!started) stopNodes();
        }
    }

    private Edge startEdge() throws EdgeStartException, IOException {
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        REGIONS.forEach((region, address) ->
                nodes.add(new DemoNode(nodeLoops.next(), new RegionApp(appLoops, region, address), key.publicKey())));
        files.write(key, ports, addresses, nodes);
        Reading reading = ConfigReader.read(files.configuration());
        Snapshot snapshot = reading.snapshot();
        if (snapshot == null)
            throw new AssertionError("the demo's own file: " + ProblemPrinter.text(reading.problems()));
        return Edge.start(snapshot);
    }

    /** IPv4 loopback, and IPv6 loopback where the host has it. */
    private static List<InetAddress> listenable() {
        List<InetAddress> addresses = new ArrayList<>(List.of(InetAddress.ofLiteral("127.0.0.1")));
        InetAddress ipv6 = InetAddress.ofLiteral("::1");
        try (ServerSocket probe = new ServerSocket(0, 1, ipv6)) {
            addresses.add(probe.getInetAddress());
        } catch (IOException _) {
            // A host without IPv6 loopback shows the IPv4 half.
        }
        return addresses;
    }

    DemoPorts ports() {
        return ports;
    }

    DemoFiles files() {
        return files;
    }

    List<InetAddress> addresses() {
        return addresses;
    }

    List<DemoNode> nodes() {
        return nodes;
    }

    /**
     * Runs until the process is told to stop, or, with {@code once}, until every line has been tried.
     *
     * @return exit code: 0, or 1 when it could not start or a try failed
     */
    public static int run(DemoPorts ports, boolean once, PrintStream out, PrintStream err) {
        try (Demo demo = new Demo(ports)) {
            Thread atExit = new Thread(demo::close, "demo-stop");
            Runtime.getRuntime().addShutdownHook(atExit);
            List<Try> tries = Try.all(demo);
            if (once) return DemoTable.print(tries, out) ? 0 : 1;
            DemoGuide.print(demo, tries, out);
            new CountDownLatch(1).await();
            return 0;
        } catch (EdgeStartException e) {
            err.println("sixgate: " + e.getMessage() + "; --port-base N moves the demo to other ports");
            return 1;
        } catch (IOException e) {
            err.println(
                    "sixgate: the demo cannot write its files to the folder for temporary files: " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    @Override
    public synchronized void close() {
        if (closed) return;
        closed = true;
        edge.close();
        stopNodes();
    }

    private void stopNodes() {
        nodes.forEach(DemoNode::close);
        nodeLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
        appLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
        files.delete();
    }
}
