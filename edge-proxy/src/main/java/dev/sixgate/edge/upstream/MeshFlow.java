package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.udp.UdpStack;
import dev.sixgate.mesh.underlay.Attachment;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import org.jspecify.annotations.Nullable;

/** A UDP flow of the mesh: a socket of its own with one remote, and no channel. */
final class MeshFlow implements DatagramFlow, Attachment {
    private final MeshDriver driver;
    private final UdpSocket socket;
    private final Ipv6Address local;
    private final Ipv6Address remote;
    private final Receiver receiver;
    private boolean closed;

    /** @param from an address of ours; null: one of our choice */
    MeshFlow(MeshDriver driver, @Nullable Inet6Address from, InetAddress to, int port, Receiver receiver)
            throws IOException {
        if (!(to instanceof Inet6Address six)) throw new NoRouteToHostException("a mesh carries IPv6 only");
        if (driver.isClosed()) throw new ConnectException("the mesh is closed");
        this.driver = driver;
        this.receiver = receiver;
        remote = Ipv6Address.of(six);
        if (peer() == null) throw new NoRouteToHostException("no peer's allowed IPs cover the address");
        socket = driver.mesh().connectUdp(from == null ? null : Ipv6Address.of(from), remote, port);
        Ipv6Address source = socket.localAddress();
        if (source == null) throw new AssertionError("a flow has a local address");
        local = source;
        socket.attachment = this;
        driver.attach(this);
    }

    private @Nullable WireGuardPeer peer() {
        return driver.mesh().wireGuard().route(remote.high(), remote.low());
    }

    @Override
    public boolean send(ByteBuf payload) {
        boolean sent = socket.send(local, remote, socket.remotePort(), payload);
        driver.wake();
        return sent;
    }

    @Override
    public int maxPayloadBytes() {
        return driver.mesh().mtu() - UdpStack.OVERHEAD_BYTES;
    }

    @Override
    public void describe(RequestRecord record) {
        record.innerLocal = new InetSocketAddress(local.toInetAddress(), socket.localPort());
        WireGuardPeer peer = peer();
        if (peer != null) MeshConnector.describe(peer, driver, record);
    }

    @Override
    public void onReady() {
        boolean any = false;
        for (UdpSocket.Datagram each = socket.receive(); each != null; each = socket.receive()) {
            if (closed) {
                each.payload().release();
                continue;
            }
            any = true;
            receiver.onDatagram(each.payload());
        }
        if (any && !closed) receiver.onBatchEnd();
        if (socket.takeUnreachable() && !closed) receiver.onUnreachable(new ConnectException("Connection refused"));
    }

    @Override
    public void onDriverClose() {
        if (!closed) receiver.onUnreachable(new ConnectException("the mesh is closed"));
        close();
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        socket.attachment = null;
        socket.close();
        driver.detach(this);
    }
}
