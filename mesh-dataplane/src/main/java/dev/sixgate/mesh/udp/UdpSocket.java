package dev.sixgate.mesh.udp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A UDP port of the mesh. Both queues hold at most {@value #MAX_DATAGRAMS} datagrams and {@value #MAX_BYTES} bytes; what
 * arrives beyond that is dropped and counted, what is sent beyond that is refused.
 */
public final class UdpSocket {
    public static final int MAX_DATAGRAMS = 256;
    public static final int MAX_BYTES = 512 * 1024;
    /** A backlog longer than this, or a payload shorter than {@value #COPY_BELOW_BYTES}, is copied. */
    private static final int COPY_BEYOND_DATAGRAMS = 16;

    private static final int COPY_BELOW_BYTES = 512;

    /** @param payload owned by the receiver */
    public record Datagram(Ipv6Address local, int localPort, Ipv6Address remote, int remotePort, ByteBuf payload) {}

    private final UdpStack stack;
    private final @Nullable Ipv6Address localAddress;
    private final int localPort;
    private final @Nullable Ipv6Address remoteAddress;
    private final int remotePort;
    private @Nullable Queue<Datagram> received; // made when first needed: flows are many, and most are idle
    private int receivedBytes;
    private int leavingDatagrams;
    private int leavingBytes;
    private boolean wasRefused;
    private boolean isUnreachable;
    private boolean isClosed;

    /** The stack's: next in its bucket, and whether it is in its ready queue. */
    @Nullable
    UdpSocket next;

    boolean isReady;

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;

    UdpSocket(UdpStack stack, @Nullable Ipv6Address localAddress, int localPort) {
        this(stack, localAddress, localPort, null, 0);
    }

    UdpSocket(
            UdpStack stack,
            @Nullable Ipv6Address localAddress,
            int localPort,
            @Nullable Ipv6Address remoteAddress,
            int remotePort) {
        this.stack = stack;
        this.localAddress = localAddress;
        this.localPort = localPort;
        this.remoteAddress = remoteAddress;
        this.remotePort = remotePort;
    }

    /** Null: it takes from anyone. */
    public @Nullable Ipv6Address remoteAddress() {
        return remoteAddress;
    }

    /** 0: it takes from anyone. */
    public int remotePort() {
        return remotePort;
    }

    /** Whether the remote said, since the last call, that nobody takes these datagrams. */
    public boolean takeUnreachable() {
        boolean was = isUnreachable;
        isUnreachable = false;
        return was;
    }

    void onUnreachable() {
        isUnreachable = true;
        stack.becameReady(this);
    }

    public @Nullable Ipv6Address localAddress() {
        return localAddress;
    }

    public int localPort() {
        return localPort;
    }

    /** The next datagram, or null. */
    public @Nullable Datagram receive() {
        Datagram datagram = received == null ? null : received.poll();
        if (datagram != null) receivedBytes -= datagram.payload().readableBytes();
        return datagram;
    }

    /**
     * Queues one datagram; takes {@code payload}.
     *
     * @param local its source, an address of ours
     * @return false when a bounded queue is full, no peer has {@code remote}, or the payload does not fit the MTU:
     *     released, nothing sent. After a full queue the socket becomes ready once there is room
     */
    public boolean send(Ipv6Address local, Ipv6Address remote, int remotePort, ByteBuf payload) {
        int packetBytes = UdpStack.OVERHEAD_BYTES + payload.readableBytes();
        boolean fits = leavingDatagrams < MAX_DATAGRAMS && leavingBytes + packetBytes <= MAX_BYTES;
        if (isClosed || !fits || payload.readableBytes() > stack.maxPayloadBytes()) {
            wasRefused |= !fits;
            payload.release();
            return false;
        }
        if (!stack.egress().offer(new OutboundDatagram(this, local, remote, remotePort, payload))) {
            wasRefused |= leavingDatagrams > 0;
            payload.release();
            return false;
        }
        leavingDatagrams++;
        leavingBytes += packetBytes;
        return true;
    }

    void onLeft(int packetBytes) {
        leavingDatagrams--;
        leavingBytes -= packetBytes;
        if (isClosed || !wasRefused || leavingDatagrams > MAX_DATAGRAMS / 2) return;
        wasRefused = false;
        stack.becameReady(this);
    }

    boolean takes(long high, long low) {
        return localAddress == null || localAddress.high() == high && localAddress.low() == low;
    }

    boolean deliver(ByteBuf packet, int udp, int udpBytes) {
        int payloadBytes = udpBytes - UdpStack.HEADER_BYTES;
        if (received == null) received = new ArrayDeque<>(4);
        if (received.size() == MAX_DATAGRAMS || receivedBytes + payloadBytes > MAX_BYTES) return false;
        // A slice holds the whole receive batch; a slow reader must not pin one batch per datagram.
        boolean copied = payloadBytes < COPY_BELOW_BYTES || received.size() >= COPY_BEYOND_DATAGRAMS;
        int from = udp + UdpStack.HEADER_BYTES;
        ByteBuf payload = copied
                ? stack.allocator().buffer(payloadBytes).writeBytes(packet, from, payloadBytes)
                : packet.retainedSlice(from, payloadBytes);
        int start = packet.readerIndex();
        received.add(new Datagram(
                Ipv6Header.destination(packet, start),
                localPort,
                Ipv6Header.source(packet, start),
                packet.getUnsignedShort(udp),
                payload));
        receivedBytes += payloadBytes;
        stack.becameReady(this);
        return true;
    }

    /** Releases what was not read; what was sent still leaves. Idempotent. */
    public void close() {
        if (isClosed) return;
        isClosed = true;
        for (Datagram d = receive(); d != null; d = receive()) d.payload().release();
        stack.remove(this);
    }
}
