package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpListener;
import dev.sixgate.mesh.underlay.Attachment;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.channel.AbstractServerChannel;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Listens on the mesh; yields {@link MeshSocketChannel} children, which live on the same event loop. Bind to one of the
 * mesh's own addresses, or to the unspecified address for any of them.
 *
 * <p>While nobody reads (auto-read off), up to {@code SO_BACKLOG} connections are taken and wait; further SYNs are left to
 * their senders' repetition.
 */
public final class MeshServerSocketChannel extends AbstractServerChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 64);

    private final MeshDriver driver;
    private final MeshServerSocketChannelConfig config = new MeshServerSocketChannelConfig(this);
    private final Events events = new Events();
    private final ReadTurns reads;
    /** Answered, and not acknowledged yet. */
    private final Set<Embryo> embryos = new LinkedHashSet<>();
    /** Ready to become children. */
    private final Queue<Embryo> ready = new ArrayDeque<>();

    private volatile boolean open = true;
    private volatile @Nullable InetSocketAddress local;
    private @Nullable TcpListener listener;

    public MeshServerSocketChannel(MeshDriver driver) {
        this.driver = driver;
        reads = new ReadTurns(driver, this, events::onReady);
    }

    MeshDriver driver() {
        return driver;
    }

    @Override
    public MeshServerSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && local != null;
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return local;
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return local;
    }

    /** Another loop is refused by {@link #doRegister}, which can say why. */
    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        MeshLoops.register(eventLoop(), driver, promise);
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        InetSocketAddress inet = MeshAddresses.inet(address);
        Ipv6Address ours = MeshAddresses.local(driver.mesh(), inet);
        TcpListener bound = driver.mesh()
                .tcp()
                .listen(
                        ours,
                        inet.getPort(),
                        config.getBacklog(),
                        config.opening().tcpOptions(config.getConnectTimeoutMillis()));
        bound.attachment = events;
        listener = bound;
        local = new InetSocketAddress(inet.getAddress(), bound.localPort());
        driver.attach(events);
    }

    @Override
    protected void doClose() {
        open = false;
        TcpListener closed = listener;
        if (closed == null) return;
        listener = null;
        closed.attachment = null;
        closed.close(driver.nowNanos());
        driver.detach(events);
        new ArrayList<>(embryos).forEach(Embryo::abort);
        new ArrayList<>(ready).forEach(Embryo::abort);
        driver.wake();
    }

    @Override
    protected void doBeginRead() {
        reads.ask();
        if (listener != null) reads.schedule();
    }

    ReadTurns reads() {
        return reads;
    }

    /** Takes connections from the listener: answered at once, or kept as they are for the application to answer. */
    private void takePending() {
        while (listener != null && (config.isAutoAccept() || reads.wanted())) {
            int room = config.getBacklog() - ready.size();
            TcpConnection pending = room > embryos.size()
                    ? listener.pollPending()
                    : room > 0 ? listener.pollCompleted() : null; // whoever floods must not keep these out
            if (pending == null) return;
            Embryo embryo = new Embryo(pending);
            pending.attachment = embryo;
            if (config.isAutoAccept()) {
                embryos.add(embryo);
                pending.accept(driver.nowNanos());
            } else {
                ready.add(embryo);
            }
        }
    }

    private void yieldChildren() {
        if (reads.running() || ready.isEmpty() || !reads.wanted()) return;
        reads.begin();
        try {
            for (int i = 0; i < METADATA.defaultMaxMessagesPerRead() && (i == 0 || config.isAutoRead()); i++) {
                Embryo born = ready.poll();
                if (born == null) break;
                reads.answered();
                pipeline().fireChannelRead(new MeshSocketChannel(this, born.connection));
            }
            pipeline().fireChannelReadComplete();
        } finally {
            reads.end();
        }
        if (!ready.isEmpty() && reads.wanted()) reads.schedule();
    }

    private final class Events implements Attachment {
        @Override
        public void onReady() {
            takePending();
            yieldChildren();
        }

        @Override
        public void onDriverClose() {
            close();
        }
    }

    /** A connection before it is a child; a channel costs too much for a SYN that nobody follows up. */
    private final class Embryo implements Attachment {
        private final TcpConnection connection;

        Embryo(TcpConnection connection) {
            this.connection = connection;
        }

        @Override
        public void onReady() {
            int readiness = connection.takeReadiness();
            if ((readiness & TcpConnection.CLOSED) != 0
                    && (!connection.isConnected() || connection.failure() != null)) {
                embryos.remove(this);
                ready.remove(this);
                connection.attachment = null;
                events.onReady(); // there is room in the backlog again
            } else if ((readiness & TcpConnection.CONNECTED) != 0 && embryos.remove(this)) {
                ready.add(this);
                yieldChildren();
            }
        }

        @Override
        public void onDriverClose() {
            abort();
        }

        private void abort() {
            embryos.remove(this);
            ready.remove(this);
            connection.attachment = null;
            connection.abort(driver.nowNanos());
        }
    }
}
