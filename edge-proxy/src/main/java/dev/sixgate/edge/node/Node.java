package dev.sixgate.edge.node;

import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.mesh.transport.MeshChannelOption;
import dev.sixgate.mesh.transport.MeshServerSocketChannel;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.tun.TunConfig;
import dev.sixgate.mesh.tun.TunDevice;
import dev.sixgate.mesh.tun.TunDriver;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/**
 * Owns fdaa:: addresses on one event loop. A SYN to one of its ports is answered only after an app has accepted a connection
 * over loopback, and with RST when none does, so that whoever connects knows what an unmodified host would tell.
 */
public final class Node {
    /** Connections at a time; more are refused, before they cost a socket. */
    static final int MAX_CONNECTIONS = 16_384;

    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);
    private static final int BACKLOG = 1024;
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration LINGER = Duration.ofSeconds(5);
    private static final Duration LINGER_STEP = Duration.ofMillis(20);

    private final EventLoop loop;
    private final MeshDriver driver;
    private final List<Channel> servers = new ArrayList<>();
    private final Set<Handover> handovers = new LinkedHashSet<>();
    private final Promise<Void> idle;
    private boolean draining;

    private Node(MeshDriver driver) {
        this.driver = driver;
        loop = driver.eventLoop();
        idle = loop.newPromise();
    }

    /**
     * Binds the UDP socket and listens on the mesh. From any thread.
     *
     * @param loop of the caller, who ends it after {@link #close}
     * @return the running node, or a failure whose message is a plain sentence
     */
    public static Future<Node> start(EventLoop loop, NodePlan plan) {
        Promise<Node> started = loop.newPromise();
        MeshDriver.start(loop, plan.mesh(), plan.listenPort()).addListener((Future<MeshDriver> opened) -> {
            if (!opened.isSuccess()) {
                started.tryFailure(refusal(plan.listenPort(), opened.cause()));
                return;
            }
            Node node = new Node(opened.getNow());
            node.guard(plan.policies());
            node.openDevice(plan).addListener(device -> {
                if (!device.isSuccess()) {
                    node.close().addListener(_ -> started.tryFailure(device.cause()));
                    return;
                }
                node.listen(plan, started);
            });
        });
        return started;
    }

    private void listen(NodePlan plan, Promise<Node> started) {
        listen(plan).addListener(listening -> {
            if (listening.isSuccess()) started.trySuccess(this);
            else close().addListener(_ -> started.tryFailure(listening.cause()));
        });
    }

    /** The device ends with the driver. */
    private Future<?> openDevice(NodePlan plan) {
        TunConfig tun = plan.tun();
        if (tun == null) return loop.newSucceededFuture(null);
        try {
            return TunDriver.attach(driver, TunDevice.open(tun));
        } catch (IOException e) {
            return loop.newFailedFuture(e);
        }
    }

    private static Exception refusal(int port, Throwable cause) {
        String why = cause instanceof BindException || cause.getMessage() == null
                ? "another process has it"
                : cause.getMessage();
        BindException refusal = new BindException("UDP port " + port + " cannot be bound: " + why);
        refusal.initCause(cause);
        return refusal;
    }

    private Future<Void> listen(NodePlan plan) {
        Promise<Void> listening = loop.newPromise();
        PromiseCombiner all = new PromiseCombiner(loop);
        for (NodePort port : plan.ports()) {
            // Children take SO_KEEPALIVE from the server: a peer that vanished must not hold an app's socket for ever.
            ChannelFuture bound = new ServerBootstrap()
                    .group(loop)
                    .channelFactory(() -> new MeshServerSocketChannel(driver))
                    .option(MeshChannelOption.AUTO_ACCEPT, false)
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childOption(ChannelOption.AUTO_READ, false)
                    .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .childHandler(new ChannelInitializer<MeshSocketChannel>() {
                        @Override
                        protected void initChannel(MeshSocketChannel pending) {
                            handOver(port, pending);
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.ofLiteral("::"), port.port()));
            all.add((Future<Void>) bound);
            servers.add(bound.channel());
        }
        all.finish(listening);
        return listening;
    }

    private void handOver(NodePort port, MeshSocketChannel pending) {
        if (draining || handovers.size() >= MAX_CONNECTIONS) {
            pending.refuse();
            return;
        }
        Handover handover = new Handover(port, pending, this::ended);
        handovers.add(handover);
        handover.begin();
    }

    private void ended(Handover handover) {
        handovers.remove(handover);
        if (draining && handovers.isEmpty()) idle.trySuccess(null);
    }

    private void guard(List<Policy> policies) {
        if (policies.isEmpty()) return;
        PolicyTable table = PolicyTable.of(policies, PolicyTable.Tally.NONE);
        driver.mesh().gate(new NodeGate(table, driver::nowNanos, LoggerFactory.getLogger(NodeGate.class)::warn));
    }

    /** The bound UDP address. From any thread. */
    public InetSocketAddress underlayAddress() {
        return driver.underlayAddress();
    }

    /** For status and operators' questions, which it answers on the node's loop. */
    public MeshDriver driver() {
        return driver;
    }

    /**
     * Refuses new connections and waits for those there are, at most as long as given; then closes. A connection on which the
     * app had the last word some seconds ago does not hold it. From any thread.
     *
     * @return done when closed
     */
    public Future<Void> drain(Duration most) {
        return drain(most, QUIET);
    }

    Future<Void> drain(Duration most, Duration quiet) {
        Promise<Void> closed = loop.newPromise();
        loop.execute(() -> {
            draining = true;
            servers.forEach(Channel::close);
            if (handovers.isEmpty()) idle.trySuccess(null);
            Future<?> sweep = loop.scheduleWithFixedDelay(
                    () -> endQuiet(quiet.toNanos()), 0, quiet.toNanos() / 4, TimeUnit.NANOSECONDS);
            Future<?> deadline = loop.schedule(() -> idle.trySuccess(null), most.toNanos(), TimeUnit.NANOSECONDS);
            idle.addListener(_ -> {
                sweep.cancel(false);
                deadline.cancel(false);
                whenDelivered(
                        System.nanoTime() + LINGER.toNanos(), () -> close().addListener(_ -> closed.trySuccess(null)));
            });
        });
        return closed;
    }

    /** What apps sent may still be on its way when both sides have closed: closing the mesh now would cut it. */
    private void whenDelivered(long deadlineNanos, Runnable then) {
        if (driver.mesh().tcp().connectionCount() == 0 || System.nanoTime() - deadlineNanos >= 0) then.run();
        else loop.schedule(() -> whenDelivered(deadlineNanos, then), LINGER_STEP.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void endQuiet(long quietNanos) {
        long now = System.nanoTime();
        for (Handover handover : new ArrayList<>(handovers)) if (handover.quietFor(quietNanos, now)) handover.end();
    }

    /** Resets what is open and leaves the mesh. From any thread; idempotent. */
    public Future<Void> close() {
        Promise<Void> closed = loop.newPromise();
        loop.execute(() -> {
            draining = true;
            servers.forEach(Channel::close);
            new ArrayList<>(handovers).forEach(Handover::abort);
            // After this turn, so that the resets are on their way before the socket closes.
            loop.execute(() -> driver.close().addListener(_ -> closed.trySuccess(null)));
        });
        return closed;
    }
}
