package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.tcp.TcpStack;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.HandshakeWork;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PeerEvent;
import dev.sixgate.mesh.wireguard.WireGuard;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One mesh identity: WireGuard below, IPv6 with ICMPv6, TCP and UDP above. Reads no clock and opens no socket; the
 * caller runs this loop:
 * <ol>
 *   <li>give it input with an {@code on…} method, or use its sockets,
 *   <li>drain {@link #pollWork}, {@link #pollEvent}, {@code tcp().pollReady()}, {@code tcp().pollReadyListener()},
 *       {@link #pollReadyUdp} and {@link #pollEchoReply} until each returns null,
 *   <li>drain {@link #pollTransmit} while the underlay takes trains,
 *   <li>call {@link #onTimeout} no later than {@link #nextTimeout}.
 * </ol>
 * One thread at a time. {@code nowNanos} is monotonic and never goes back. Contract; see the words at each method.
 */
public final class Mesh {
    public static final long NEVER = Long.MAX_VALUE;

    public Mesh(
            MeshConfig config,
            RandomGenerator random,
            InstantSource wallClock,
            ByteBufAllocator allocator,
            long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Takes one UDP datagram. {@code ingressNanos} is taken once per receive batch and is the only time RTT sees. */
    public void onDatagram(ByteBuf datagram, InetSocketAddress source, long ingressNanos) {
        throw new UnsupportedOperationException();
    }

    public void onTimeout(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public long nextTimeout() {
        throw new UnsupportedOperationException();
    }

    /**
     * The next train to send, owned by the caller, or null. Pull model: what is not pulled stays in the send buffers,
     * nothing is dropped in here. Control messages first, then round robin over peers, then connections.
     */
    public @Nullable DatagramTrain pollTransmit(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public @Nullable HandshakeWork pollWork() {
        throw new UnsupportedOperationException();
    }

    public void onWorkDone(HandshakeWork work, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public @Nullable PeerEvent pollEvent() {
        throw new UnsupportedOperationException();
    }

    /** Changes peers while running; connections of peers that stay go on. */
    public void configure(List<PeerConfig> peers, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public TcpStack tcp() {
        throw new UnsupportedOperationException();
    }

    public WireGuard wireGuard() {
        throw new UnsupportedOperationException();
    }

    public int mtu() {
        throw new UnsupportedOperationException();
    }

    /** The address that connections leave from when none is chosen. */
    public Ipv6Address defaultSource() {
        throw new UnsupportedOperationException();
    }

    /** Whether the address lies in one of our own ranges. */
    public boolean isLocal(Ipv6Address address) {
        throw new UnsupportedOperationException();
    }

    /**
     * @param local null: every address of ours
     * @param port 0: an ephemeral one
     * @throws java.net.BindException when taken
     */
    public UdpSocket bindUdp(@Nullable Ipv6Address local, int port) throws java.net.BindException {
        throw new UnsupportedOperationException();
    }

    /** The next UDP socket that became readable, or may send again, or null. */
    public @Nullable UdpSocket pollReadyUdp() {
        throw new UnsupportedOperationException();
    }

    /**
     * Queues an ICMPv6 echo request (RFC 4443 §4.1).
     *
     * @return its handle, matched in {@link EchoReply}
     */
    public int ping(Ipv6Address destination, int payloadBytes, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public @Nullable EchoReply pollEchoReply() {
        throw new UnsupportedOperationException();
    }

    public record EchoReply(int handle, Ipv6Address from, int payloadBytes, long rttNanos) {}

    /** Releases everything. */
    public void close(long nowNanos) {
        throw new UnsupportedOperationException();
    }
}
