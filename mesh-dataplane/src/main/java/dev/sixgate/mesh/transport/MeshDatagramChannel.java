package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.underlay.Attachment;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.internal.StringUtil;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A UDP port of the mesh: reads and writes {@link DatagramPacket}. Bind to one of the mesh's own addresses, or to the
 * unspecified address for any of them; then a datagram leaves from its {@code sender()} when that is given, else from the
 * mesh's default source. Fragments are not sent: a payload longer than the MTU allows fails its write.
 */
public final class MeshDatagramChannel extends AbstractChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(true, 64);
    /** IPv6 and UDP headers. */
    private static final int HEADER_BYTES = 48;

    private final MeshDriver driver;
    private final ChannelConfig config = new Config(this);
    private final Events events = new Events();
    private final ReadTurns reads;
    private volatile boolean open = true;
    private volatile @Nullable InetSocketAddress local;
    private @Nullable UdpSocket socket;

    public MeshDatagramChannel(MeshDriver driver) {
        super(null);
        this.driver = driver;
        reads = new ReadTurns(driver, this, this::readNow);
    }

    @Override
    public ChannelConfig config() {
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

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new DatagramUnsafe();
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
        UdpSocket bound = driver.mesh().bindUdp(MeshAddresses.local(driver.mesh(), inet), inet.getPort());
        bound.attachment = events;
        socket = bound;
        local = new InetSocketAddress(inet.getAddress(), bound.localPort());
        driver.attach(events);
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        open = false;
        UdpSocket closed = socket;
        if (closed == null) return;
        socket = null;
        closed.attachment = null;
        closed.close();
        driver.detach(events);
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws IOException {
        if (!(message instanceof DatagramPacket packet))
            throw new UnsupportedOperationException(
                    "a mesh datagram channel writes DatagramPacket, not " + StringUtil.simpleClassName(message));
        MeshAddresses.remote(driver.mesh(), packet.recipient());
        int room = driver.mesh().mtu() - HEADER_BYTES;
        if (packet.content().readableBytes() > room)
            throw new IOException("Message too long: " + packet.content().readableBytes() + " bytes, the mesh carries "
                    + room + " in a datagram");
        return message;
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer queue) throws IOException {
        for (Object message = queue.current(); message instanceof DatagramPacket packet; message = queue.current()) {
            if (!send(packet)) break; // the queue is full; onReady goes on
            queue.remove();
        }
        driver.wake();
    }

    private boolean send(DatagramPacket packet) throws IOException {
        UdpSocket from = socket;
        if (from == null) throw new IOException("the channel is closed");
        if (!(packet.recipient().getAddress() instanceof Inet6Address to))
            throw new NoRouteToHostException("a mesh carries IPv6 only");
        Ipv6Address source = packet.sender() == null ? null : MeshAddresses.local(driver.mesh(), packet.sender());
        if (source == null) source = from.localAddress();
        if (source == null) source = driver.mesh().defaultSource();
        ByteBuf payload = packet.content().retainedSlice();
        return from.send(source, Ipv6Address.of(to), packet.recipient().getPort(), payload);
    }

    @Override
    protected void doBeginRead() {
        reads.ask();
        if (socket != null) reads.schedule();
    }

    private void readNow() {
        if (reads.running() || socket == null || !reads.wanted()) return;
        reads.begin();
        boolean more = true;
        try {
            int count = 0;
            while (more && socket != null && count < METADATA.defaultMaxMessagesPerRead()) {
                UdpSocket.Datagram datagram = socket.receive();
                if (datagram == null) {
                    more = false;
                    break;
                }
                reads.answered();
                count++;
                pipeline().fireChannelRead(packet(datagram));
                more = reads.wanted();
            }
            if (count > 0) pipeline().fireChannelReadComplete();
        } finally {
            reads.end();
        }
        if (more && socket != null) reads.schedule();
    }

    private static DatagramPacket packet(UdpSocket.Datagram datagram) {
        return new DatagramPacket(
                datagram.payload(),
                new InetSocketAddress(datagram.local().toInetAddress(), datagram.localPort()),
                new InetSocketAddress(datagram.remote().toInetAddress(), datagram.remotePort()));
    }

    private final class Events implements Attachment {
        @Override
        public void onReady() {
            readNow();
            ((DatagramUnsafe) unsafe()).resumeWrite();
        }

        @Override
        public void onDriverClose() {
            close();
        }
    }

    private final class DatagramUnsafe extends AbstractUnsafe {
        void resumeWrite() {
            flush0();
        }

        @Override
        public void connect(SocketAddress remote, @Nullable SocketAddress from, ChannelPromise promise) {
            promise.tryFailure(new UnsupportedOperationException(
                    "a mesh datagram channel has no remote of its own; name the recipient in each DatagramPacket"));
        }
    }

    private static final class Config extends DefaultChannelConfig {
        private final MeshDatagramChannel owner;

        Config(MeshDatagramChannel channel) {
            super(channel);
            this.owner = channel;
        }

        @Override
        protected void autoReadCleared() {
            owner.reads.clear();
        }
    }
}
