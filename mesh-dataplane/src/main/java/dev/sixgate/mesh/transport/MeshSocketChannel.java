package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.tcp.TcpStatistics;
import dev.sixgate.mesh.underlay.Attachment;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.internal.StringUtil;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection over the mesh, with the behaviour of a kernel socket's channel:
 * <pre>{@code
 * new Bootstrap().group(driver.eventLoop()).channelFactory(() -> new MeshSocketChannel(driver))
 *     .handler(...).connect(new InetSocketAddress(inet6Address, 8080));
 * }</pre>
 * It lives on the event loop of its driver and on no other. A write's promise completes when the bytes are in the send
 * buffer of TCP, which keeps the buffer itself: as always after a write, its content must not change any more.
 *
 * <p>Children of a {@link MeshServerSocketChannel} whose {@link MeshChannelOption#AUTO_ACCEPT} is false begin registered but
 * not active, and wait for {@link #accept} or {@link #refuse}.
 */
public final class MeshSocketChannel extends AbstractChannel implements DuplexChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 64);

    private enum State {
        /** Neither connected nor asked to. */
        NEW,
        /** Our SYN is out, or theirs waits for an answer. */
        OPENING,
        ACTIVE,
        CLOSED
    }

    private final MeshDriver driver;
    private final MeshSocketChannelConfig config = new MeshSocketChannelConfig(this);
    private final ReadTurns reads;
    private volatile State state = State.NEW;
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    private @Nullable TcpConnection connection;
    private @Nullable TcpStatistics lastStatistics;
    private @Nullable ChannelPromise opening;
    private @Nullable IOException failure;
    private boolean accepted;
    /** Whether the end is a reset whatever the options say. */
    private boolean reset;

    public MeshSocketChannel(MeshDriver driver) {
        super(null);
        this.driver = driver;
        reads = new ReadTurns(driver, this, ((MeshUnsafe) unsafe())::readNow);
    }

    /** A child: established, or pending with its SYN not answered yet. */
    MeshSocketChannel(MeshServerSocketChannel parent, TcpConnection connection) {
        super(parent);
        this.driver = parent.driver();
        reads = new ReadTurns(driver, this, ((MeshUnsafe) unsafe())::readNow);
        config.opening().copyFrom(parent.config().opening());
        take(connection);
        state = connection.isConnected() ? State.ACTIVE : State.OPENING;
    }

    private void take(TcpConnection taken) {
        connection = taken;
        local = socketAddress(taken.localAddress(), taken.localPort());
        remote = socketAddress(taken.remoteAddress(), taken.remotePort());
        taken.attachment = unsafe();
        driver.attach((MeshUnsafe) unsafe());
    }

    private static InetSocketAddress socketAddress(Ipv6Address address, int port) {
        return new InetSocketAddress(address.toInetAddress(), port);
    }

    /** The peer whose tunnel carries this connection; null before connect. On the event loop. */
    public @Nullable WireGuardPeer peer() {
        InetSocketAddress to = remote;
        if (to == null || !(to.getAddress() instanceof Inet6Address address)) return null;
        Ipv6Address key = Ipv6Address.of(address);
        return driver.mesh().wireGuard().route(key.high(), key.low());
    }

    /** What TCP knows of the connection, after close the last of it; null before connect. On the event loop. */
    public @Nullable TcpStatistics statistics() {
        return connection == null ? lastStatistics : connection.statistics(driver.nowNanos());
    }

    /** Bytes that arrived and were not read yet. On the event loop. */
    public int unreadBytes() {
        return connection == null ? 0 : connection.readableBytes();
    }

    /**
     * Answers the pending SYN of a child; it becomes active when the remote acknowledges. From any thread.
     *
     * @return succeeds with {@code channelActive}; fails when the opening failed or this is not a pending child
     */
    public ChannelFuture accept() {
        ChannelPromise promise = newPromise();
        onLoop(() -> accept(promise));
        return promise;
    }

    private void accept(ChannelPromise promise) {
        if (state == State.ACTIVE) {
            promise.trySuccess();
        } else if (state != State.OPENING || parent() == null || accepted) {
            promise.tryFailure(
                    state == State.CLOSED
                            ? new ClosedChannelException()
                            : new IllegalStateException("only a pending child can be accepted, and once"));
        } else {
            accepted = true;
            opening = promise;
            Objects.requireNonNull(connection, "a pending child has a connection")
                    .accept(driver.nowNanos());
            driver.wake();
        }
    }

    /** Answers the pending SYN of a child with RST, and closes the channel. From any thread. */
    public ChannelFuture refuse() {
        return close(); // of a pending connection: there is nothing else that could be meant
    }

    private void onLoop(Runnable task) {
        if (driver.eventLoop().inEventLoop()) task.run();
        else driver.eventLoop().execute(task);
    }

    @Override
    public MeshSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isOpen() {
        return state != State.CLOSED;
    }

    @Override
    public boolean isActive() {
        return state == State.ACTIVE;
    }

    @Override
    public boolean isInputShutdown() {
        return inputShutdown || state == State.CLOSED;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown || state == State.CLOSED;
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    // Not cached as in AbstractChannel: a bound port 0 becomes a real one with connect.
    @Override
    public @Nullable InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return remote;
    }

    @Override
    protected MeshUnsafe newUnsafe() {
        return new MeshUnsafe();
    }

    /** Another loop is refused by {@link #doRegister}, which can say why. */
    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        if (!MeshLoops.register(eventLoop(), driver, promise)) return;
        // A child's connection may have become readable, or failed, before there was a pipeline to tell.
        if (connection != null)
            eventLoop().execute(() -> {
                ((MeshUnsafe) unsafe()).onReady();
                driver.wake();
            });
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        if (connection != null) throw new AlreadyConnectedException();
        InetSocketAddress inet = MeshAddresses.inet(address);
        MeshAddresses.local(driver.mesh(), inet);
        local = inet;
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        if (state == State.CLOSED) return;
        ((MeshUnsafe) unsafe()).noteUnwritten(); // by force, nobody has before
        boolean established = state == State.ACTIVE;
        state = State.CLOSED;
        ChannelPromise promise = opening;
        opening = null;
        if (promise != null) promise.tryFailure(new ClosedChannelException());
        // Without a connection there is nothing to end, and a failed registration may run on another loop.
        if (connection != null) onLoop(() -> end(established));
    }

    private void end(boolean established) {
        TcpConnection ended = connection;
        if (ended == null) return;
        long now = driver.nowNanos();
        connection = null;
        ended.attachment = null;
        driver.detach((MeshUnsafe) unsafe());
        if (established && !reset && !config.resetsOnClose()) ended.close(now);
        else if (parent() != null && !established && !accepted) ended.refuse(now);
        else ended.abort(now);
        lastStatistics = ended.statistics(now);
        driver.wake();
    }

    @Override
    protected void doShutdownOutput() {
        if (connection == null) throw new NotYetConnectedException();
        outputShutdown = true;
        connection.shutdownOutput(driver.nowNanos());
        driver.wake();
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        onLoop(() -> {
            if (state == State.ACTIVE) ((MeshUnsafe) unsafe()).shutdownOutput(promise);
            else promise.tryFailure(isOpen() ? new NotYetConnectedException() : new ClosedChannelException());
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    /** Bytes that still arrive are taken and dropped, so that the remote is not held up. */
    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        onLoop(() -> {
            if (state != State.ACTIVE) {
                promise.tryFailure(isOpen() ? new NotYetConnectedException() : new ClosedChannelException());
                return;
            }
            ((MeshUnsafe) unsafe()).shutInput();
            promise.trySuccess();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        // In one go: the remote's answer to our FIN may close the channel before a second task.
        onLoop(() -> {
            ChannelFuture output = shutdownOutput();
            ChannelFuture input = isOpen() ? shutdownInput() : output;
            if (!output.isSuccess()) promise.tryFailure(output.cause());
            else if (!input.isSuccess()) promise.tryFailure(input.cause());
            else promise.trySuccess();
        });
        return promise;
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) return message;
        throw new UnsupportedOperationException(
                "a mesh channel writes ByteBuf, not " + StringUtil.simpleClassName(message)
                        + " (a file is read into buffers first, for it is encrypted here)");
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer queue) {
        TcpConnection to = connection;
        if (to == null || !to.isConnected()) return; // the failure is on its way to onReady
        long now = driver.nowNanos();
        for (Object message = queue.current(); message instanceof ByteBuf bytes; message = queue.current()) {
            if (bytes.isReadable()) {
                int taken = to.write(bytes, now);
                if (taken > 0) queue.progress(taken);
                if (bytes.isReadable()) break; // the send buffer is full; onReady goes on with WRITABLE
            }
            queue.remove();
        }
        driver.wake();
    }

    @Override
    protected void doBeginRead() {
        reads.ask();
        scheduleRead();
    }

    ReadTurns reads() {
        return reads;
    }

    private boolean hasInput() {
        TcpConnection from = connection;
        return from != null
                && state == State.ACTIVE
                && (from.readableBytes() > 0 || !inputShutdown && from.isInputShutdown());
    }

    private void scheduleRead() {
        if (hasInput()) reads.schedule();
    }

    /** The unsafe side of the channel, and what the driver tells of the connection. */
    private final class MeshUnsafe extends AbstractUnsafe implements Attachment {
        @Override
        public void connect(SocketAddress to, @Nullable SocketAddress from, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) return;
            try {
                if (state == State.OPENING) throw new ConnectionPendingException();
                if (state == State.ACTIVE) throw new AlreadyConnectedException();
                if (from != null) doBind(from);
                open(to);
                opening = promise;
                promise.addListener((ChannelFutureListener) done -> {
                    if (done.isCancelled() && opening == promise) {
                        opening = null;
                        close(voidPromise());
                    }
                });
            } catch (Exception e) {
                promise.tryFailure(e instanceof BindException ? e : annotateConnectException(e, to));
                closeIfClosed();
            }
        }

        @Override
        public void close(ChannelPromise promise) {
            noteUnwritten();
            super.close(promise);
        }

        @Override
        protected void close(ChannelPromise promise, Throwable cause, ClosedChannelException closed) {
            noteUnwritten();
            super.close(promise, cause, closed);
        }

        /** What was written and not taken by TCP will never be sent: a FIN would call the stream whole (RFC 2525 §2.17). */
        private void noteUnwritten() {
            ChannelOutboundBuffer queue = outboundBuffer();
            if (queue == null || state != State.ACTIVE) return;
            // Not by its count of pending bytes: that still has the entry whose promise may be closing us.
            queue.addFlush();
            try {
                queue.forEachFlushedMessage(message -> {
                    reset |= message instanceof ByteBuf bytes && bytes.isReadable();
                    return !reset;
                });
            } catch (Exception e) {
                throw new AssertionError("looking at buffers does not fail", e);
            }
        }

        private void open(SocketAddress to) throws IOException {
            var mesh = driver.mesh();
            InetSocketAddress target = MeshAddresses.remote(mesh, to);
            InetSocketAddress bound = local;
            Ipv6Address source = bound == null ? null : MeshAddresses.local(mesh, bound);
            Ipv6Address remoteAddress = Ipv6Address.of((Inet6Address) target.getAddress());
            TcpOptions options = config.opening().tcpOptions(config.getConnectTimeoutMillis());
            long now = driver.nowNanos();
            int port = bound == null ? 0 : bound.getPort();
            take(
                    source == null && port == 0
                            ? mesh.connect(remoteAddress, target.getPort(), options, now)
                            : mesh.tcp()
                                    .connect(
                                            source == null ? mesh.defaultSource() : source,
                                            port,
                                            remoteAddress,
                                            target.getPort(),
                                            options,
                                            now));
            state = State.OPENING;
            driver.wake();
        }

        @Override
        public void onReady() {
            TcpConnection ready = connection;
            if (ready == null || !isRegistered()) return; // registration asks again
            int readiness = ready.takeReadiness();
            if (state == State.OPENING && ((readiness & TcpConnection.CONNECTED) != 0 || ready.isConnected()))
                activate();
            if ((readiness & TcpConnection.WRITABLE) != 0 && state == State.ACTIVE) flush0();
            readNow();
            if (connection != null && (readiness & TcpConnection.CLOSED) != 0) ended(ready.failure());
        }

        @Override
        public void onDriverClose() {
            IOException cause = new IOException("the mesh was closed");
            reset = true;
            if (state == State.ACTIVE) close(voidPromise(), cause, new ClosedChannelException());
            else ended(cause);
        }

        private void activate() {
            state = State.ACTIVE;
            ChannelPromise promise = opening;
            opening = null;
            boolean wanted = promise == null || promise.trySuccess();
            pipeline().fireChannelActive();
            if (!wanted) close(voidPromise()); // cancelled in the meantime
        }

        /** The connection is gone. An orderly end is seen by reading; a failure once everything before it has been read. */
        private void ended(@Nullable IOException cause) {
            if (state == State.OPENING) {
                ChannelPromise promise = opening;
                opening = null;
                if (promise != null) promise.tryFailure(openingFailure(cause));
                close(voidPromise());
            } else if (cause != null) {
                failure = cause;
                if (!hasInput()) fail();
            }
        }

        private Throwable openingFailure(@Nullable IOException failure) {
            if (failure == null) return new ClosedChannelException();
            if (failure instanceof SocketTimeoutException)
                return new ConnectTimeoutException(
                        "connection timed out after " + config.getConnectTimeoutMillis() + " ms: " + remote);
            return annotateConnectException(failure, remote);
        }

        private void fail() {
            IOException cause = failure;
            if (cause == null) return;
            pipeline().fireExceptionCaught(cause);
            close(voidPromise(), cause, new ClosedChannelException());
        }

        /** Reads what one turn may, when a read is wanted. */
        private void readNow() {
            if (reads.running() || !hasInput()) return;
            if (inputShutdown) {
                drop();
                return;
            }
            if (!reads.wanted()) return;
            reads.begin();
            try {
                boolean any = readBatch();
                if (any) {
                    recvBufAllocHandle().readComplete();
                    pipeline().fireChannelReadComplete();
                }
                boolean atEnd = connection != null && connection.isInputShutdown();
                if (atEnd && (!any || reads.wanted())) endInput();
            } finally {
                reads.end();
            }
            if (failure != null && !hasInput()) fail();
            else if (reads.wanted()) scheduleRead();
        }

        private boolean readBatch() {
            var handle = recvBufAllocHandle();
            handle.reset(config);
            boolean any = false;
            do {
                ByteBuf bytes = connection == null ? null : connection.read(driver.nowNanos());
                if (bytes == null) break;
                any = true;
                reads.answered();
                handle.attemptedBytesRead(bytes.readableBytes());
                handle.lastBytesRead(bytes.readableBytes());
                handle.incMessagesRead(1);
                pipeline().fireChannelRead(bytes);
            } while (!inputShutdown && handle.continueReading());
            return any;
        }

        private void drop() {
            for (ByteBuf bytes = connection.read(driver.nowNanos());
                    bytes != null;
                    bytes = connection.read(driver.nowNanos())) bytes.release();
        }

        /** The end of input: an event where half-closure is allowed, else the end of the channel. */
        private void endInput() {
            if (config.isAllowHalfClosure() || inputShutdown) shutInput();
            else close(voidPromise());
        }

        private void shutInput() {
            if (inputShutdown) return;
            inputShutdown = true;
            reads.answered();
            pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
        }
    }
}
