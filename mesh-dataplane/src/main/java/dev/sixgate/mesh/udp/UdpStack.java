package dev.sixgate.mesh.udp;

import dev.sixgate.mesh.ipv6.FlowGate;
import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PacketDrops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.BindException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All UDP of one mesh: ports, delivery, and which sockets are to be looked at. At most {@value #MAX_SOCKETS} sockets that take
 * from anyone and {@value #MAX_FLOWS} that have one remote. One thread at a time.
 */
public final class UdpStack {
    public static final int HEADER_BYTES = 8;
    /** IPv6 and UDP headers. */
    public static final int OVERHEAD_BYTES = Ipv6Header.BYTES + HEADER_BYTES;

    public static final int MAX_SOCKETS = 16_384;
    public static final int MAX_FLOWS = 262_144;
    private static final int BUCKETS = 1024;
    private static final int EPHEMERAL_FIRST = 49_152; // RFC 6335 §6
    private static final int EPHEMERAL_COUNT = 16_384;
    /** Draws of a port for one flow; with one in two ports taken, as good as certain to find a free one. */
    private static final int PORT_DRAWS = 32;

    /** Where datagrams leave. */
    public interface Egress {
        /**
         * Queues a datagram towards its remote, and takes it when it says so.
         *
         * @return false when no peer has the remote address, or its queue is full; the caller keeps the datagram
         */
        boolean offer(OutboundDatagram datagram);
    }

    private final int maxPayloadBytes;
    private final RandomGenerator random;
    private final ByteBufAllocator allocator;
    private final PacketDrops drops;
    private final Egress egress;
    private final @Nullable UdpSocket[] buckets = new UdpSocket[BUCKETS];
    private final FlowTable flows = new FlowTable();
    private final Queue<UdpSocket> ready = new ArrayDeque<>();
    private int socketCount;
    private FlowGate gate = FlowGate.OPEN;

    /** @param mtu inner MTU in bytes; a payload is at most {@value #OVERHEAD_BYTES} less */
    public UdpStack(int mtu, RandomGenerator random, ByteBufAllocator allocator, PacketDrops drops, Egress egress) {
        this.maxPayloadBytes = mtu - OVERHEAD_BYTES;
        this.random = random;
        this.allocator = allocator;
        this.drops = drops;
        this.egress = egress;
    }

    /**
     * @param local null: every address of ours
     * @param port 1 to 65535, or 0 for an ephemeral one chosen at random (RFC 6056 §3.3.1)
     * @throws BindException when the address and port are taken
     */
    public UdpSocket bind(@Nullable Ipv6Address local, int port) throws BindException {
        if (port < 0 || port > 65_535)
            throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
        if (socketCount == MAX_SOCKETS)
            throw new BindException("all " + MAX_SOCKETS + " UDP sockets of this mesh are in use");
        int chosen = port == 0 ? ephemeralPort(local) : port;
        if (isTaken(local, chosen)) throw new BindException("UDP port " + chosen + " is already bound on this mesh");
        UdpSocket socket = new UdpSocket(this, local, chosen);
        int bucket = chosen % BUCKETS;
        socket.next = buckets[bucket];
        buckets[bucket] = socket;
        socketCount++;
        return socket;
    }

    /**
     * A socket with one remote, from an ephemeral port chosen at random: it takes that remote's datagrams only, and learns that
     * nobody listens there. Ports are counted for each pair of local address and remote.
     *
     * @throws BindException when no free port was found, or there are {@value #MAX_FLOWS} such sockets
     */
    public UdpSocket connect(Ipv6Address local, Ipv6Address remote, int remotePort) throws BindException {
        if (flows.size() == MAX_FLOWS)
            throw new BindException("all " + MAX_FLOWS + " UDP flows of this mesh are in use");
        for (int i = 0; i < PORT_DRAWS; i++) {
            int port = EPHEMERAL_FIRST + random.nextInt(EPHEMERAL_COUNT);
            if (isTaken(local, port)
                    || flows.find(local.high(), local.low(), port, remote.high(), remote.low(), remotePort) != null)
                continue;
            UdpSocket socket = new UdpSocket(this, local, port, remote, remotePort);
            flows.add(socket);
            return socket;
        }
        throw new BindException("no UDP port of " + local + " towards [" + remote + "]:" + remotePort + " is free");
    }

    /** Asked about datagrams to sockets without a remote. */
    public void gate(FlowGate newGate) {
        gate = newGate;
    }

    /** Whether there is no room for another socket with a remote. */
    public boolean isFull() {
        return flows.size() == MAX_FLOWS;
    }

    private int ephemeralPort(@Nullable Ipv6Address local) throws BindException {
        int first = random.nextInt(EPHEMERAL_COUNT);
        for (int i = 0; i < EPHEMERAL_COUNT; i++) {
            int port = EPHEMERAL_FIRST + (first + i) % EPHEMERAL_COUNT;
            if (!isTaken(local, port)) return port;
        }
        throw new BindException("every ephemeral UDP port of this mesh is bound");
    }

    private boolean isTaken(@Nullable Ipv6Address local, int port) {
        for (UdpSocket s = buckets[port % BUCKETS]; s != null; s = s.next)
            if (s.localPort() == port && (local == null || s.localAddress() == null || local.equals(s.localAddress())))
                return true;
        return false;
    }

    void remove(UdpSocket socket) {
        if (socket.remoteAddress() != null) {
            flows.remove(socket);
            return;
        }
        int bucket = socket.localPort() % BUCKETS;
        UdpSocket before = null;
        for (UdpSocket s = buckets[bucket]; s != null; before = s, s = s.next) {
            if (s != socket) continue;
            if (before == null) buckets[bucket] = s.next;
            else before.next = s.next;
            socketCount--;
            return;
        }
    }

    /**
     * Takes no ownership of {@code packet}: what is delivered is a retained slice or a copy.
     *
     * @param packet IPv6 packet at the reader index, exactly as long as its header says
     * @param offset distance to the UDP header
     * @return null when delivered, otherwise why not (already counted); {@link PacketDropReason#UDP_PORT_CLOSED} and {@link
     *     PacketDropReason#DENIED_BY_POLICY} call for a destination unreachable
     */
    public @Nullable PacketDropReason onPacket(ByteBuf packet, int offset) {
        PacketDropReason reason = deliver(packet, offset);
        if (reason != null) drops.count(reason);
        return reason;
    }

    private @Nullable PacketDropReason deliver(ByteBuf packet, int offset) {
        int start = packet.readerIndex();
        int udp = start + offset;
        int available = packet.writerIndex() - udp;
        if (available < HEADER_BYTES) return PacketDropReason.UDP_MALFORMED;
        int udpBytes = packet.getUnsignedShort(udp + 4);
        if (udpBytes < HEADER_BYTES || udpBytes > available) return PacketDropReason.UDP_MALFORMED;
        if (packet.getShort(udp + 6) == 0 || InternetChecksum.of(packet, start, udp, udpBytes, Ipv6Header.UDP) != 0)
            return PacketDropReason.UDP_BAD_CHECKSUM;
        long localHigh = Ipv6Header.destinationHigh(packet, start);
        long localLow = Ipv6Header.destinationLow(packet, start);
        int port = packet.getUnsignedShort(udp + 2);
        UdpSocket socket = flows.find(
                localHigh,
                localLow,
                port,
                Ipv6Header.sourceHigh(packet, start),
                Ipv6Header.sourceLow(packet, start),
                packet.getUnsignedShort(udp));
        if (socket == null) {
            socket = find(localHigh, localLow, port);
            if (socket == null) return PacketDropReason.UDP_PORT_CLOSED;
            boolean admitted = gate.admits(
                    Ipv6Header.UDP,
                    Ipv6Header.sourceHigh(packet, start),
                    Ipv6Header.sourceLow(packet, start),
                    packet.getUnsignedShort(udp),
                    localHigh,
                    localLow,
                    port);
            if (!admitted) return PacketDropReason.DENIED_BY_POLICY;
        }
        return socket.deliver(packet, udp, udpBytes) ? null : PacketDropReason.UDP_RECEIVE_QUEUE_FULL;
    }

    /**
     * A destination-unreachable message (RFC 4443 §3.1) quotes a datagram of ours.
     *
     * @return false when no flow sent it
     */
    public boolean onUnreachable(Ipv6Address local, int localPort, Ipv6Address remote, int remotePort) {
        UdpSocket socket = flows.find(local.high(), local.low(), localPort, remote.high(), remote.low(), remotePort);
        if (socket != null) socket.onUnreachable();
        return socket != null;
    }

    private @Nullable UdpSocket find(long localHigh, long localLow, int port) {
        for (UdpSocket s = buckets[port % BUCKETS]; s != null; s = s.next)
            if (s.localPort() == port && s.takes(localHigh, localLow)) return s;
        return null;
    }

    /** The next socket that became readable, or may send again, or null. A socket is here at most once. */
    public @Nullable UdpSocket pollReady() {
        UdpSocket socket = ready.poll();
        if (socket != null) socket.isReady = false;
        return socket;
    }

    void becameReady(UdpSocket socket) {
        if (socket.isReady) return;
        socket.isReady = true;
        ready.add(socket);
    }

    int maxPayloadBytes() {
        return maxPayloadBytes;
    }

    ByteBufAllocator allocator() {
        return allocator;
    }

    Egress egress() {
        return egress;
    }

    public int socketCount() {
        return socketCount + flows.size();
    }

    /** Closes every socket and releases what they hold; datagrams given to the egress are its own. */
    public void close() {
        for (int i = 0; i < BUCKETS; i++) while (buckets[i] != null) buckets[i].close();
        flows.all().forEach(UdpSocket::close);
        ready.clear();
    }
}
