package dev.sixgate.mesh.underlay;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpListener;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.HandshakeWork;
import dev.sixgate.mesh.wireguard.PeerEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one {@link Mesh} on one event loop with one UDP socket: receives batches, runs timers, X25519 on threads of its own,
 * and pulls trains once per loop iteration while the socket takes them.
 *
 * <p>Whatever happens (a batch received, a timer, a {@link #wake}) ends in one <em>turn</em>: those who wait for the mesh
 * are told, then trains are pulled. Use on the event loop, but for the methods that say otherwise.
 */
public final class MeshDriver {
    private static final Logger LOG = LoggerFactory.getLogger(MeshDriver.class);
    /** Most bytes sent in one turn, so that receiving and other channels of the loop have theirs. */
    private static final int TURN_BYTES = 1 << 20;

    private static final int ECHOES_MAX = 4096;
    /** Header, padding and tag of transport data around a packet of the MTU, and some grace. */
    private static final int OVERHEAD_BYTES = 64;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final EventLoop loop;
    private final UnderlaySocket socket;
    private final Mesh mesh;
    private final InetSocketAddress underlayAddress;
    private final @Nullable KeyLogFile keyLog;
    private final long originNanos;
    private final Set<Attachment> attachments = new LinkedHashSet<>();
    private final Map<Integer, Promise<Long>> echoes = new HashMap<>();
    private final Promise<Void> closed;
    private volatile Consumer<PeerEvent> peerListener = event -> {};
    private int worksInFlight;
    private boolean inBatch;
    private boolean inTurn;
    private boolean turnScheduled;
    private boolean closing;
    private long ingressNanos;
    private @Nullable Future<?> timer;
    private long timerNanos;

    private MeshDriver(
            EventLoop loop,
            UnderlaySocket socket,
            MeshConfig config,
            DriverOptions options,
            @Nullable KeyLogFile keyLog) {
        this.loop = loop;
        this.socket = socket;
        this.keyLog = keyLog;
        this.underlayAddress = socket.localAddress();
        this.closed = loop.newPromise();
        this.originNanos = System.nanoTime();
        this.mesh = new Mesh(config, RANDOM, options.wallClock(), ByteBufAllocator.DEFAULT, nowNanos());
        if (keyLog != null) mesh.wireGuard().setKeyLog(keyLog);
    }

    /**
     * Binds the UDP socket (both families where the host has them; port 0: any) and starts. From any thread.
     *
     * @param loop an epoll or NIO event loop
     * @return the driver, or the failure to bind
     */
    public static Future<MeshDriver> start(EventLoop loop, MeshConfig config, int listenPort) {
        return start(loop, config, listenPort, DriverOptions.ofEnvironment());
    }

    /** As {@link #start(EventLoop, MeshConfig, int)}, with choices. */
    public static Future<MeshDriver> start(EventLoop loop, MeshConfig config, int listenPort, DriverOptions options) {
        Promise<MeshDriver> started = loop.newPromise();
        UnderlaySocket.open(loop, listenPort, config.mtu() + OVERHEAD_BYTES, options)
                .addListener((Future<UnderlaySocket> opened) -> {
                    if (!opened.isSuccess()) {
                        started.tryFailure(opened.cause());
                        return;
                    }
                    try {
                        KeyLogFile keyLog = options.keyLog() == null ? null : KeyLogFile.open(options.keyLog());
                        MeshDriver driver = new MeshDriver(loop, opened.getNow(), config, options, keyLog);
                        driver.run();
                        started.trySuccess(driver);
                    } catch (IOException | RuntimeException e) {
                        opened.getNow().close();
                        started.tryFailure(e);
                    }
                });
        return started;
    }

    private void run() {
        socket.start(new UnderlaySocket.Owner() {
            @Override
            public void onDatagram(ByteBuf datagram, InetSocketAddress source) {
                receive(datagram, source);
            }

            @Override
            public void onBatchEnd() {
                inBatch = false;
                turn();
            }

            @Override
            public void onWritable() {
                wake();
            }

            @Override
            public void onSocketClosed() {
                shutDown();
            }
        });
        turn();
    }

    public EventLoop eventLoop() {
        return loop;
    }

    /** For use on the event loop only; call {@link #wake} after a change so that it is transmitted. */
    public Mesh mesh() {
        return mesh;
    }

    /** The bound UDP address. From any thread. */
    public InetSocketAddress underlayAddress() {
        return underlayAddress;
    }

    public UnderlayStatistics statistics() {
        return socket.statistics();
    }

    /** The one monotonic clock given to the mesh. From any thread. */
    public long nowNanos() {
        return System.nanoTime() - originNanos;
    }

    public boolean isClosed() {
        return closing;
    }

    /** On the loop: have ready channels told, and trains pulled, once at the end of this loop iteration. */
    public void wake() {
        if (inBatch || inTurn || turnScheduled || closing) return;
        turnScheduled = true;
        loop.execute(() -> {
            if (turnScheduled) turn();
        });
    }

    /** Shows each change of a peer's state to {@code listener} from now on, on the event loop. From any thread. */
    public void peerListener(Consumer<PeerEvent> listener) {
        peerListener = listener;
    }

    /** Has {@code attachment} told when the driver closes. */
    public void attach(Attachment attachment) {
        attachments.add(attachment);
    }

    public void detach(Attachment attachment) {
        attachments.remove(attachment);
    }

    /**
     * In-tunnel echo from any thread. The value is the round trip in nanoseconds; fails with
     * {@link SocketTimeoutException}, {@link NoRouteToHostException} where no peer covers the address, or
     * {@link IllegalArgumentException} when the payload does not fit.
     */
    public Future<Long> ping(Ipv6Address destination, int payloadBytes, Duration timeout) {
        Promise<Long> answered = loop.newPromise();
        if (loop.inEventLoop()) ping(destination, payloadBytes, timeout, answered);
        else loop.execute(() -> ping(destination, payloadBytes, timeout, answered));
        return answered;
    }

    private void ping(Ipv6Address destination, int payloadBytes, Duration timeout, Promise<Long> answered) {
        if (closing || echoes.size() >= ECHOES_MAX) {
            answered.tryFailure(new IOException(closing ? "the mesh is closed" : "too many echo requests under way"));
            return;
        }
        if (mesh.wireGuard().route(destination.high(), destination.low()) == null) {
            answered.tryFailure(new NoRouteToHostException("no peer's allowed IPs cover " + destination));
            return;
        }
        try {
            int handle = mesh.ping(destination, payloadBytes, nowNanos());
            echoes.put(handle, answered);
            Future<?> expiry = loop.schedule(
                    () -> answered.tryFailure(new SocketTimeoutException(
                            "no echo reply from " + destination + " after " + timeout.toMillis() + " ms")),
                    timeout.toNanos(),
                    TimeUnit.NANOSECONDS);
            answered.addListener(done -> {
                echoes.remove(handle, answered);
                expiry.cancel(false);
            });
            wake();
        } catch (RuntimeException e) {
            answered.tryFailure(e);
        }
    }

    /** Aborts what is open, closes the socket, releases every buffer. From any thread; idempotent. */
    public Future<Void> close() {
        if (loop.inEventLoop()) shutDown();
        else
            try {
                loop.execute(this::shutDown);
            } catch (RejectedExecutionException e) {
                LOG.debug("the event loop ended before the mesh on it was closed");
            }
        return closed;
    }

    private void receive(ByteBuf datagram, InetSocketAddress source) {
        if (closing) {
            datagram.release();
            return;
        }
        if (!inBatch) {
            inBatch = true;
            ingressNanos = nowNanos();
        }
        mesh.onDatagram(datagram, source, ingressNanos);
    }

    private void turn() {
        turnScheduled = false;
        if (closing) return;
        inTurn = true;
        boolean more;
        try {
            tell();
            more = transmit();
            more |= tell(); // pulling may find a destination unreachable
            handOutWork();
        } finally {
            inTurn = false;
        }
        armTimer();
        if (more) wake();
    }

    /** @return whether there was anybody to tell, who may now have something to send */
    private boolean tell() {
        boolean any = false;
        for (PeerEvent event = mesh.pollEvent(); event != null; event = mesh.pollEvent()) {
            LOG.debug("{}: {}", event.peer().config().name(), describe(event));
            peerListener.accept(event);
        }
        for (TcpListener listener = mesh.tcp().pollReadyListener();
                listener != null;
                listener = mesh.tcp().pollReadyListener()) {
            any = true;
            tell(listener.attachment);
        }
        for (TcpConnection connection = mesh.tcp().pollReady();
                connection != null;
                connection = mesh.tcp().pollReady()) {
            any = true;
            if (connection.attachment == null) connection.takeReadiness();
            else tell(connection.attachment);
        }
        for (UdpSocket udp = mesh.pollReadyUdp(); udp != null; udp = mesh.pollReadyUdp()) {
            any = true;
            tell(udp.attachment);
        }
        for (Mesh.EchoReply reply = mesh.pollEchoReply(); reply != null; reply = mesh.pollEchoReply()) {
            Promise<Long> answered = echoes.get(reply.handle());
            if (answered != null) answered.trySuccess(reply.rttNanos());
        }
        return any;
    }

    private static void tell(@Nullable Object attached) {
        if (!(attached instanceof Attachment attachment)) return;
        try {
            attachment.onReady();
        } catch (RuntimeException | AssertionError e) {
            // A fault of ours in one connection ends that connection, not the loop that serves the others.
            LOG.error("a mesh channel failed and is closed: {}", e.toString());
            attachment.onDriverClose();
        }
    }

    private static String describe(PeerEvent event) {
        return switch (event) {
            case PeerEvent.SessionEstablished established ->
                "session established with " + established.peer().endpoint();
            case PeerEvent.GaveUp ignored -> "no answer to handshakes, waiting for traffic to try again";
            case PeerEvent.Unreachable unreachable -> "unreachable, " + unreachable.evidence();
            case PeerEvent.Reachable reachable ->
                "reachable again after " + reachable.absentNanos() / 1_000_000 + " ms";
            case PeerEvent.EndpointMoved moved -> "endpoint is now " + moved.endpoint();
        };
    }

    /** @return whether there is more to send and room for it, but not in this turn */
    private boolean transmit() {
        int sent = 0;
        while (sent < TURN_BYTES) {
            if (!socket.isWritable()) {
                socket.flush();
                if (!socket.isWritable()) return false;
            }
            DatagramTrain train = mesh.pollTransmit(nowNanos());
            if (train == null) {
                if (sent > 0) socket.flush();
                return false;
            }
            sent += train.buffer().readableBytes();
            socket.write(train);
        }
        socket.flush();
        return true;
    }

    private void handOutWork() {
        while (worksInFlight < HandshakeThreads.IN_FLIGHT_PER_DRIVER) {
            HandshakeWork work = mesh.pollWork();
            if (work == null) return;
            worksInFlight++;
            HandshakeThreads.execute(() -> {
                try {
                    work.run();
                } finally {
                    giveBack(work);
                }
            });
        }
    }

    private void giveBack(HandshakeWork work) {
        try {
            loop.execute(() -> {
                worksInFlight--;
                if (closing) return;
                mesh.onWorkDone(work, nowNanos());
                turn();
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the event loop ended during a handshake");
        }
    }

    /** An armed timer that fires too early looks again, so a deadline that moves with every packet costs nothing. */
    private void armTimer() {
        long next = mesh.nextTimeout();
        if (next == Mesh.NEVER || timer != null && timerNanos <= next) return;
        if (timer != null) timer.cancel(false);
        timerNanos = next;
        timer = loop.schedule(this::onTimer, Math.max(0, next - nowNanos()), TimeUnit.NANOSECONDS);
    }

    private void onTimer() {
        timer = null;
        if (closing) return;
        long now = nowNanos();
        if (now >= mesh.nextTimeout()) {
            mesh.onTimeout(now);
            turn();
        } else {
            armTimer();
        }
    }

    private void shutDown() {
        if (closing) return;
        if (inTurn || inBatch) {
            loop.execute(this::shutDown);
            return;
        }
        for (Attachment attachment : List.copyOf(attachments)) attachment.onDriverClose();
        attachments.clear();
        transmit(); // the resets of what was open
        closing = true;
        if (timer != null) timer.cancel(false);
        List.copyOf(echoes.values()).forEach(answered -> answered.tryFailure(new ClosedChannelException()));
        mesh.close(nowNanos());
        if (keyLog != null) keyLog.close();
        socket.close().addListener(done -> closed.trySuccess(null));
    }
}
