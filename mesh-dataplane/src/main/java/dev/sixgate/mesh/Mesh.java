package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.FlowGate;
import dev.sixgate.mesh.ipv6.Icmpv6;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PacketDrops;
import dev.sixgate.mesh.ipv6.Reassembler;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.tcp.TcpStack;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.udp.UdpStack;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.HandshakeWork;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PeerEvent;
import dev.sixgate.mesh.wireguard.WireGuard;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One mesh identity: WireGuard below, IPv6 with ICMPv6, TCP and UDP above. Reads no clock and opens no socket; the
 * caller runs this loop:
 * <ol>
 *   <li>give it input with an {@code on…} method, or use its sockets,
 *   <li>drain {@link #pollWork}, {@link #pollEvent}, {@code tcp().pollReady()}, {@code tcp().pollReadyListener()},
 *       {@link #pollReadyUdp} and {@link #pollEchoReply} until each returns null,
 *   <li>drain {@link #pollTransmit} while the underlay takes trains; that may begin a handshake or find a destination
 *       unreachable, so when it was called, do step 2 once more,
 *   <li>call {@link #onTimeout} no later than {@link #nextTimeout}.
 * </ol>
 * One thread at a time. {@code nowNanos} is monotonic and never goes back.
 */
public final class Mesh {
    public static final long NEVER = Long.MAX_VALUE;
    /** Events that nobody polls; the oldest are forgotten. */
    private static final int MAX_EVENTS = 4096;

    private final int mtu;
    private final LocalAddresses local;
    private final SourceAddresses sources;
    private final WireGuard wireGuard;
    private final TcpStack tcp;
    private final UdpStack udp;
    private final Icmpv6 icmp;
    private final EchoRequests echoes;
    private final Liveness liveness;
    private final Transmitter transmitter;
    private final Reassembler reassembler;
    private final Inbound inbound;
    private final PacketDrops drops = new PacketDrops();
    private final Queue<PeerEvent> events = new ArrayDeque<>();
    private @Nullable PacketTap tap;
    private @Nullable HostLink host;

    /**
     * @param random a cryptographic source; a seeded one in simulation only
     * @param wallClock for TAI64N time stamps of handshakes
     */
    public Mesh(
            MeshConfig config,
            RandomGenerator random,
            InstantSource wallClock,
            ByteBufAllocator allocator,
            long nowNanos) {
        mtu = config.mtu();
        local = new LocalAddresses(config.addresses());
        sources = new SourceAddresses(local);
        wireGuard = new WireGuard(config.privateKey(), config.peers(), random, wallClock, allocator, nowNanos);
        tcp = new TcpStack(mtu, random, allocator, nowNanos);
        icmp = new Icmpv6(allocator, drops, nowNanos);
        liveness = new Liveness(wireGuard, icmp, random.nextInt());
        transmitter = new Transmitter(wireGuard, tcp, allocator, drops, liveness, local::contains, mtu);
        udp = new UdpStack(mtu, random, allocator, drops, transmitter);
        echoes = new EchoRequests(random.nextInt());
        reassembler = new Reassembler(allocator, drops);
        inbound = new Inbound(local, tcp, udp, icmp, echoes, liveness, transmitter, reassembler, drops);
    }

    /**
     * Takes one UDP datagram; it is decrypted in place. {@code ingressNanos} is taken once per receive batch and is the
     * only time RTT sees.
     */
    public void onDatagram(ByteBuf datagram, InetSocketAddress source, long ingressNanos) {
        ByteBuf packet = wireGuard.onDatagram(datagram, source, ingressNanos);
        takeEvents(ingressNanos);
        if (packet == null) return;
        if (tap != null) tap.onReceived(packet, ingressNanos);
        inbound.onPacket(packet, ingressNanos);
    }

    public void onTimeout(long nowNanos) {
        wireGuard.onTimeout(nowNanos);
        liveness.onTimeout(nowNanos);
        tcp.onTimeout(nowNanos);
        reassembler.onTimeout(nowNanos);
        takeEvents(nowNanos);
    }

    /** When {@link #onTimeout} is due; {@link #NEVER} while nothing is pending. */
    public long nextTimeout() {
        return Math.min(
                Math.min(wireGuard.nextTimeout(), liveness.nextTimeout()),
                Math.min(tcp.nextTimeout(), reassembler.nextTimeout()));
    }

    /**
     * The next train to send, owned by the caller, or null. Pull model: what is not pulled stays in the send buffers,
     * nothing is dropped in here. Control messages first, then round robin over peers, then connections. Trains are to
     * leave in the order in which they are given.
     */
    public @Nullable DatagramTrain pollTransmit(long nowNanos) {
        return transmitter.poll(nowNanos);
    }

    public @Nullable HandshakeWork pollWork() {
        return wireGuard.pollWork();
    }

    public void onWorkDone(HandshakeWork work, long nowNanos) {
        wireGuard.onWorkDone(work, nowNanos);
        takeEvents(nowNanos);
    }

    public @Nullable PeerEvent pollEvent() {
        return events.poll();
    }

    private void takeEvents(long nowNanos) {
        for (PeerEvent event = wireGuard.pollEvent(); event != null; event = wireGuard.pollEvent()) {
            switch (event) {
                case PeerEvent.SessionEstablished established -> onPathRestored(established.peer(), nowNanos);
                case PeerEvent.GaveUp gaveUp -> transmitter.giveUp(gaveUp.peer(), nowNanos);
                case PeerEvent.EndpointMoved moved -> onPathRestored(moved.peer(), nowNanos);
                case PeerEvent.Unreachable unreachable ->
                    throw new AssertionError("found above WireGuard, told by it: " + unreachable);
                case PeerEvent.Reachable reachable -> {
                    liveness.onReachable(reachable.peer());
                    onPathRestored(reachable.peer(), nowNanos);
                }
            }
            tell(event);
        }
        for (PeerEvent event = liveness.pollEvent(); event != null; event = liveness.pollEvent()) tell(event);
    }

    private void tell(PeerEvent event) {
        if (events.size() == MAX_EVENTS) events.remove();
        events.add(event);
    }

    private void onPathRestored(WireGuardPeer peer, long nowNanos) {
        transmitter.resume(peer);
        tcp.onPathRestored(address -> wireGuard.route(address.high(), address.low()) == peer, nowNanos);
    }

    /** Changes peers while running; connections of peers that stay go on. */
    public void configure(List<PeerConfig> peers, long nowNanos) {
        wireGuard.configure(peers, nowNanos);
        transmitter.reroute(nowNanos);
        takeEvents(nowNanos);
    }

    public TcpStack tcp() {
        return tcp;
    }

    public WireGuard wireGuard() {
        return wireGuard;
    }

    /** Inner packets dropped so far, by reason. Live: read on the owning thread. */
    public PacketDrops drops() {
        return drops;
    }

    public int mtu() {
        return mtu;
    }

    /** Shows every inner packet to {@code newTap} from now on; null ends that. */
    public void tap(@Nullable PacketTap newTap) {
        tap = newTap;
        transmitter.tap = newTap;
    }

    /** The address that connections leave from when none is chosen. */
    public Ipv6Address defaultSource() {
        return local.first();
    }

    /** Our own ranges, as configured. */
    public List<Ipv6Prefix> addresses() {
        return local.prefixes();
    }

    /**
     * Opens a connection from an address and a port of our choice: from {@link #defaultSource}, or from the addresses
     * behind it once every port of that one towards the destination is taken.
     *
     * @throws BindException when all are taken
     */
    public TcpConnection connect(Ipv6Address remote, int remotePort, TcpOptions options, long nowNanos)
            throws BindException {
        return sources.connect(tcp, remote, remotePort, options, nowNanos);
    }

    /**
     * Takes these addresses too, besides our ranges, and no others: for services with an address of their own. Sockets on one that
     * is gone hear nothing more.
     */
    public void alsoLocal(Collection<Ipv6Address> addresses) {
        local.alsoSingle(addresses);
    }

    /**
     * Gives packets for {@code addresses} to the host's stack from now on, instead of ours; an empty list ends that. The
     * addresses may lie in our ranges, which then are ours but for these.
     */
    public void host(List<Ipv6Prefix> addresses, HostStack stack) {
        host = addresses.isEmpty()
                ? null
                : new HostLink(addresses, stack, local, icmp, liveness, echoes, transmitter, drops, mtu);
        inbound.host = host;
    }

    /**
     * Takes one IPv6 packet that the host sends. It leaves by cryptokey routing when its source is of {@link #host}'s
     * addresses; the host is told with ICMPv6 where no peer has the destination. Without a host it is dropped.
     */
    public void onHostPacket(ByteBuf packet, long nowNanos) {
        if (host != null) host.fromHost(packet, nowNanos);
        else packet.release();
    }

    /**
     * Asks {@code gate} about each flow that somebody else opens to a socket of ours, from now on; flows that are open stay so. What it does
     * not admit is refused: TCP with RST, UDP with an ICMPv6 error.
     */
    public void gate(FlowGate gate) {
        udp.gate(gate);
        tcp.gate((protocol, sourceHigh, sourceLow, sourcePort, high, low, port) -> {
            boolean admitted = gate.admits(protocol, sourceHigh, sourceLow, sourcePort, high, low, port);
            if (!admitted) drops.count(PacketDropReason.DENIED_BY_POLICY);
            return admitted;
        });
    }

    /** Whether the address is one of our own. */
    public boolean isLocal(Ipv6Address address) {
        return local.contains(address);
    }

    /**
     * @param address null: every address of ours
     * @param port 0: an ephemeral one
     * @throws BindException when taken
     */
    public UdpSocket bindUdp(@Nullable Ipv6Address address, int port) throws BindException {
        return udp.bind(address, port);
    }

    /**
     * A UDP socket with one remote.
     *
     * @param local null: an address of our choice, as {@link #connect} chooses
     * @throws BindException when every port towards the remote is taken
     */
    public UdpSocket connectUdp(@Nullable Ipv6Address local, Ipv6Address remote, int remotePort) throws BindException {
        return local != null ? udp.connect(local, remote, remotePort) : sources.connect(udp, remote, remotePort);
    }

    /** The next UDP socket that became readable, or may send again, or null. */
    public @Nullable UdpSocket pollReadyUdp() {
        return udp.pollReady();
    }

    /**
     * Queues an ICMPv6 echo request (RFC 4443 §4.1). The round trip counts from now, a handshake that comes first
     * included.
     *
     * @param payloadBytes 0 to {@link #mtu} less 48
     * @return its handle, matched in {@link EchoReply}
     */
    public int ping(Ipv6Address destination, int payloadBytes, long nowNanos) {
        int most = mtu - UdpStack.OVERHEAD_BYTES;
        if (payloadBytes < 0 || payloadBytes > most)
            throw new IllegalArgumentException("an echo of " + payloadBytes + " bytes does not fit; with an MTU of "
                    + mtu + " it may have 0 to " + most);
        int handle = echoes.begin(destination, payloadBytes, nowNanos);
        transmitter.send(icmp.echoRequest(defaultSource(), destination, handle, payloadBytes));
        return handle;
    }

    public @Nullable EchoReply pollEchoReply() {
        return echoes.pollReply();
    }

    public record EchoReply(int handle, Ipv6Address from, int payloadBytes, long rttNanos) {}

    /** Releases everything. Nothing may be called afterwards. */
    public void close(long nowNanos) {
        tcp.close(nowNanos);
        udp.close();
        reassembler.close();
        transmitter.close();
        wireGuard.close(nowNanos);
    }
}
