package dev.sixgate.edge.run;

import dev.sixgate.edge.listener.PortOwner;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.mesh.underlay.DriverOptions;
import dev.sixgate.mesh.underlay.HandshakeClock;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The mesh of an edge: an identity for each event loop, so that a client's connection reaches its backend without leaving its
 * loop (design: <em>identity</em> is key, UDP port, inner range and loop). Any thread, but no event loop.
 */
final class Identities implements AutoCloseable {
    private static final long TURN_TIMEOUT_SECONDS = 10;

    private final Map<EventLoop, MeshDriver> drivers;
    private final HandshakeClock clock;
    private volatile List<PeerConfig> peers;
    private @Nullable PeerReachability reachability;

    private Identities(Map<EventLoop, MeshDriver> drivers, List<PeerConfig> peers, HandshakeClock clock) {
        this.clock = clock;
        this.drivers = drivers;
        this.peers = peers;
    }

    /**
     * @param clock for the handshakes of all; closed with them
     * @throws EdgeStartException with a plain sentence, such as a port in use; then none is left running
     */
    static Identities start(EventLoopGroup loops, MeshSettings settings, HandshakeClock clock)
            throws EdgeStartException {
        DriverOptions options = DriverOptions.ofEnvironment().withWallClock(clock);
        Identities started =
                new Identities(new LinkedHashMap<>(), settings.config().peers(), clock);
        for (int i = 0; i < settings.identities(); i++) {
            EventLoop loop = loops.next();
            Future<MeshDriver> starting = MeshDriver.start(loop, settings.identity(i), settings.listenPort(i), options);
            if (!starting.awaitUninterruptibly().isSuccess()) {
                started.close();
                throw new EdgeStartException(sentence(
                        settings.listenPort(i), String.valueOf(starting.cause().getMessage())));
            }
            if (started.drivers.put(loop, starting.getNow()) != null)
                throw new AssertionError("one loop, two identities");
        }
        return started;
    }

    private static String sentence(int port, String why) {
        return why.contains("in use")
                ? "port in use: UDP " + port + " (mesh.listen_port) is taken by "
                        + new PortOwner().describe(PortOwner.UDP, port)
                : "the mesh cannot be started on UDP port " + port + ": " + why;
    }

    /** Tells {@code listener} which peers are unreachable, from now on. */
    void tell(PeerReachability listener) {
        reachability = listener;
        for (MeshDriver driver : drivers.values()) driver.peerListener(event -> listener.onEvent(event, peers));
    }

    /** The identity of a loop of the group they were started on. */
    MeshDriver on(EventLoop loop) {
        MeshDriver driver = drivers.get(loop);
        if (driver == null) throw new IllegalStateException("no identity lives on " + loop);
        return driver;
    }

    /** In order; the first has the configured key. */
    List<MeshDriver> all() {
        return List.copyOf(drivers.values());
    }

    /**
     * Changes the peers, and does {@code switching} at a time when every loop knows both those that come and those that go,
     * so that no request is routed to a peer which its loop does not know.
     *
     * @throws IOException with a plain sentence
     */
    void configure(List<PeerConfig> next, Runnable switching) throws IOException {
        if (drivers.size() == 1) {
            MeshDriver only = drivers.values().iterator().next();
            turn(only.eventLoop(), () -> {
                configure(only, next);
                switching.run();
            });
        } else {
            List<PeerConfig> both = both(peers, next);
            for (MeshDriver driver : drivers.values()) turn(driver.eventLoop(), () -> configure(driver, both));
            turn(drivers.keySet().iterator().next(), switching);
            for (MeshDriver driver : drivers.values()) turn(driver.eventLoop(), () -> configure(driver, next));
        }
        List<PeerConfig> before = peers;
        peers = next;
        if (reachability != null) reachability.configured(before, next);
    }

    private static void configure(MeshDriver driver, List<PeerConfig> peers) {
        driver.mesh().configure(peers, driver.nowNanos());
        driver.wake();
    }

    /** Where two claim a prefix, the later one has it. */
    private static List<PeerConfig> both(List<PeerConfig> before, List<PeerConfig> next) {
        Set<Object> stay = new HashSet<>();
        for (PeerConfig peer : next) stay.add(peer.publicKey());
        List<PeerConfig> both = new ArrayList<>();
        for (PeerConfig peer : before) if (!stay.contains(peer.publicKey())) both.add(peer);
        both.addAll(next);
        return both;
    }

    /** Runs on {@code loop} and waits. */
    static void turn(EventLoop loop, Runnable task) throws IOException {
        try {
            loop.submit(task).get(TURN_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException("the new configuration could not be taken: " + e.getCause());
        } catch (TimeoutException e) {
            throw new IOException(
                    "the event loop did not take the new configuration within " + TURN_TIMEOUT_SECONDS + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the new configuration was taken");
        }
    }

    @Override
    public void close() {
        drivers.values().forEach(driver -> driver.close().awaitUninterruptibly());
        clock.close();
    }

    /** The first identity's driver, or null without a mesh. */
    static @Nullable MeshDriver first(@Nullable Identities identities) {
        return identities == null
                ? null
                : identities.drivers.values().iterator().next();
    }
}
