package dev.sixgate.mesh.sim;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.PacketTap;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.tcp.CongestionAlgorithm;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpListener;
import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.HandshakeWork;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PeerEvent;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * A {@link Mesh} with its own keys, address and clocks, and the applications on it. Drives the mesh as the real driver
 * does, with X25519 in place.
 */
public final class SimNode {
    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final int BACKLOG = 128;
    /** A monotonic clock begins anywhere, below zero too. */
    private static final long CLOCK_RANGE_NANOS = 1L << 44;

    private final SimNetwork network;
    private final String name;
    private final int number;
    private final SplittableRandom random;
    private final PrivateKey key;
    private final PublicKey publicKey;
    private final InetSocketAddress firstEndpoint;
    private final Ipv6Prefix range;
    private final Map<Integer, List<SimTransfer>> served = new LinkedHashMap<>();
    private final List<Mesh.EchoReply> echoReplies = new ArrayList<>();
    private InetSocketAddress endpoint;
    private List<PeerConfig> peers = List.of();
    private long clockOffsetNanos;
    private Mesh mesh;
    private long timerNanos = Mesh.NEVER;
    private long sessions;
    private Consumer<PeerEvent> peerListener = event -> {};
    /** Of connections that choose none of their own: patient, because a lost handshake of WireGuard costs five seconds. */
    private final TcpOptions options;

    SimNode(SimNetwork network, String name, int number, SplittableRandom random) {
        this.network = network;
        this.name = name;
        this.number = number;
        this.random = random;
        this.key = PrivateKey.generate(random);
        this.publicKey = key.publicKey();
        this.firstEndpoint = underlay(51_820);
        this.endpoint = firstEndpoint;
        this.range = new Ipv6Prefix(new Ipv6Address(0xfdaa_0000_48c8_0000L | number, 0), 64);
        this.options = options(new SplittableRandom(network.seed() * 31 + number));
        this.clockOffsetNanos = random.nextLong(-CLOCK_RANGE_NANOS, CLOCK_RANGE_NANOS);
        this.mesh = start();
    }

    private static TcpOptions options(SplittableRandom random) {
        CongestionAlgorithm[] algorithms = CongestionAlgorithm.values();
        return new TcpOptions(
                        TcpOptions.DEFAULT.sendBufferBytes(),
                        TcpOptions.DEFAULT.receiveBufferBytes(),
                        Duration.ofMinutes(1),
                        Duration.ZERO,
                        true)
                .with(algorithms[random.nextInt(algorithms.length)]);
    }

    private InetSocketAddress underlay(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) number}), port);
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are always an address", e);
        }
    }

    private Mesh start() {
        MeshConfig config = new MeshConfig(key, List.of(range), MeshConfig.DEFAULT_MTU, peers);
        Mesh started = new Mesh(
                config, random, () -> EPOCH.plusNanos(nowNanos() + CLOCK_RANGE_NANOS), network.allocator(), nowNanos());
        started.tap(new Invariants());
        return started;
    }

    public String name() {
        return name;
    }

    public Mesh mesh() {
        return mesh;
    }

    public Ipv6Address address() {
        return mesh.defaultSource();
    }

    /** Its UDP address on the underlay now. */
    public InetSocketAddress endpoint() {
        return endpoint;
    }

    /** Options by the seed: the congestion control is this node's own. */
    public TcpOptions options() {
        return options;
    }

    /** Whether what it sends to {@code other} goes to where that is now. */
    public boolean reaches(SimNode other) {
        WireGuardPeer peer =
                mesh.wireGuard().route(other.address().high(), other.address().low());
        return peer != null && other.endpoint.equals(peer.endpoint());
    }

    /** Its own monotonic clock. */
    public long nowNanos() {
        return network.nowNanos() + clockOffsetNanos;
    }

    /** Handshakes completed so far, restarts included. */
    public long sessions() {
        return sessions;
    }

    /** Shows each event of its peers, from now on. */
    public SimNode peerListener(Consumer<PeerEvent> listener) {
        peerListener = listener;
        return this;
    }

    void peersAre(Collection<SimNode> nodes) {
        peers = nodes.stream()
                .filter(node -> node != this)
                .map(node -> new PeerConfig(
                        node.name, node.publicKey, null, node.firstEndpoint, List.of(node.range), Duration.ZERO))
                .toList();
        mesh.configure(peers, nowNanos());
        settle();
    }

    /** Opens a connection to {@code port} of {@code to}, which gets all of {@code bytes} and then the end. */
    public SimTransfer sends(byte[] bytes, SimNode to, int port) {
        return exchanges(bytes, new byte[0], to, port, options);
    }

    /** As {@link #sends}, and {@code answer} comes back on the same connection at the same time. */
    public SimTransfer exchanges(byte[] bytes, byte[] answer, SimNode to, int port, TcpOptions options) {
        to.serve(port);
        SimTransfer transfer = new SimTransfer(network, this, to, bytes, answer);
        to.served.get(port).add(transfer);
        network.add(transfer);
        try {
            transfer.connected(mesh.tcp().connect(address(), 0, to.address(), port, options, nowNanos()));
        } catch (BindException e) {
            throw network.failure(name + " has no port left: " + e.getMessage());
        }
        settle();
        return transfer;
    }

    private void serve(int port) {
        if (served.containsKey(port)) return;
        served.put(port, new ArrayList<>());
        listen(port);
    }

    private void listen(int port) {
        try {
            mesh.tcp().listen(null, port, BACKLOG, options);
        } catch (BindException e) {
            throw network.failure(name + " cannot listen on " + port + ": " + e.getMessage());
        }
    }

    /** Sends one echo request; its answer appears in {@link #echoReplies}. */
    public int pings(SimNode to, int payloadBytes) {
        int handle = mesh.ping(to.address(), payloadBytes, nowNanos());
        settle();
        return handle;
    }

    public List<Mesh.EchoReply> echoReplies() {
        return List.copyOf(echoReplies);
    }

    /** Loses all state but its keys, address and listeners, as a process that was killed and started again. */
    public void restart() {
        network.log().event(network.nowNanos(), name, "", 0, "restarted");
        mesh.close(nowNanos());
        network.forgetConnections(this);
        mesh = start();
        served.keySet().forEach(this::listen);
        settle();
    }

    /** Sends from, and is reached at, another UDP port from now on; nobody is told. */
    public void roam() {
        InetSocketAddress before = endpoint;
        endpoint = underlay(before.getPort() + 1);
        network.moved(this, before);
    }

    /** Its clocks jump ahead, as after a machine slept. */
    public void jumpClock(Duration ahead) {
        network.log().event(network.nowNanos(), name, "", ahead.toNanos(), "clock jumped");
        clockOffsetNanos += ahead.toNanos();
        mesh.onTimeout(nowNanos());
        settle();
    }

    void onDatagram(ByteBuf datagram, InetSocketAddress source) {
        mesh.onDatagram(datagram, source, nowNanos());
        settle();
    }

    /** The driver's loop of {@link Mesh}, until nothing is left to do now; after use of {@link #mesh} directly. */
    public void settle() {
        boolean again;
        do {
            again = tell();
            again |= transmit();
            again |= work();
        } while (again);
        armTimer();
    }

    private boolean tell() {
        boolean any = false;
        Mesh m = mesh;
        for (PeerEvent event = m.pollEvent(); event != null; event = m.pollEvent()) {
            onEvent(event);
            any = true;
        }
        for (TcpListener l = m.tcp().pollReadyListener(); l != null; l = m.tcp().pollReadyListener()) {
            accept(l);
            any = true;
        }
        for (TcpConnection c = m.tcp().pollReady(); c != null; c = m.tcp().pollReady()) {
            int readiness = c.takeReadiness();
            if (c.attachment instanceof SimTransfer.End end) end.onReady(readiness);
            any = true;
        }
        for (Mesh.EchoReply reply = m.pollEchoReply(); reply != null; reply = m.pollEchoReply()) echoReplies.add(reply);
        return any;
    }

    private boolean transmit() {
        boolean any = false;
        for (DatagramTrain t = mesh.pollTransmit(nowNanos()); t != null; t = mesh.pollTransmit(nowNanos())) {
            network.transmit(this, t);
            any = true;
        }
        return any;
    }

    private boolean work() {
        boolean any = false;
        for (HandshakeWork work = mesh.pollWork(); work != null; work = mesh.pollWork()) {
            work.run();
            mesh.onWorkDone(work, nowNanos());
            any = true;
        }
        return any;
    }

    private void onEvent(PeerEvent event) {
        if (event instanceof PeerEvent.SessionEstablished) sessions++;
        peerListener.accept(event);
        network.log()
                .event(
                        network.nowNanos(),
                        name,
                        event.peer().config().name(),
                        0,
                        event.getClass().getSimpleName());
    }

    private void accept(TcpListener listener) {
        for (TcpConnection c = listener.pollPending(); c != null; c = listener.pollPending()) {
            TcpConnection connection = c;
            SimTransfer transfer = served.get(listener.localPort()).stream()
                    .filter(t -> t.isFrom(connection))
                    .findFirst()
                    .orElse(null);
            if (transfer == null) {
                connection.refuse(nowNanos());
                continue;
            }
            transfer.accepted(connection);
            connection.accept(nowNanos());
        }
    }

    private void armTimer() {
        long due = mesh.nextTimeout();
        if (due == Mesh.NEVER) return;
        long dueOnNetwork = Math.max(due - clockOffsetNanos, network.nowNanos());
        if (timerNanos <= dueOnNetwork) return; // fires early, and arms again
        timerNanos = dueOnNetwork;
        long armedNanos = timerNanos;
        network.schedule(armedNanos, () -> onTimer(armedNanos));
    }

    private void onTimer(long armedNanos) {
        if (timerNanos != armedNanos) return; // another was armed since
        timerNanos = Mesh.NEVER;
        mesh.onTimeout(nowNanos());
        settle();
    }

    void close() {
        mesh.close(nowNanos());
    }

    /** What must hold for every inner packet. */
    private final class Invariants implements PacketTap {
        @Override
        public void onSent(WireGuardPeer peer, ByteBuf buffer, int index, int packetBytes, long nowNanos) {
            network.log()
                    .remark(
                            network.nowNanos(),
                            name,
                            () -> "sends " + InnerPacket.describe(buffer, index, packetBytes));
            Ipv6Address to = Ipv6Header.destination(buffer, index);
            Ipv6Address from = Ipv6Header.source(buffer, index);
            if (packetBytes > mesh.mtu()) throw network.failure(name + " sent " + packetBytes + " bytes in one packet");
            if (packetBytes != Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, index))
                throw network.failure(name + " sent a packet whose length is not that of its header");
            if (!mesh.isLocal(from)) throw network.failure(name + " sent a packet from " + from);
            if (peer.config().allowedIps().stream().noneMatch(range -> range.contains(to)))
                throw network.failure(name + " sent plaintext for " + to + " to "
                        + peer.config().name());
        }

        @Override
        public void onReceived(ByteBuf packet, long ingressNanos) {
            network.onAccepted(SimNode.this);
            network.log()
                    .remark(
                            network.nowNanos(),
                            name,
                            () -> "takes "
                                    + InnerPacket.describe(packet, packet.readerIndex(), packet.readableBytes()));
            Ipv6Address from = Ipv6Header.source(packet, packet.readerIndex());
            if (mesh.wireGuard().route(from.high(), from.low()) == null)
                throw network.failure(name + " accepted a packet from " + from + ", which no peer has");
        }
    }
}
