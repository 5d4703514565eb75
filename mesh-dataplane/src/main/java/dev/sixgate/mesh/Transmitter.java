package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PacketDrops;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpStack;
import dev.sixgate.mesh.udp.OutboundDatagram;
import dev.sixgate.mesh.udp.UdpStack;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.WireGuard;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides whose packet leaves next and seals packets into trains. Control messages come first, then the peers that have
 * work take turns, one buffer of trains a turn. A peer without a session leaves the round until it has one; its queue
 * waits. A destination that no peer has is unreachable, as a router would say.
 */
final class Transmitter implements UdpStack.Egress {
    /** What Linux takes as one UDP GSO send: UDP_MAX_SEGMENTS, and an IPv4 datagram with room to spare. */
    static final int MAX_SEGMENTS = 64;

    static final int MAX_TRAIN_BYTES = 64_000;
    /** Padding of transport data goes to 16 bytes (whitepaper §5.4.6). */
    private static final int MAX_PADDING = 15;

    private final WireGuard wireGuard;
    private final TcpStack tcp;
    private final ByteBufAllocator allocator;
    private final PacketDrops drops;
    private final Liveness liveness;
    private final Predicate<Ipv6Address> isLocal;
    private final int mtu;
    private final int roomPerPacket;
    private final Queue<DatagramTrain> trains = new ArrayDeque<>();
    private final Queue<PeerQueue> round = new ArrayDeque<>();
    private List<PeerQueue> queues = new ArrayList<>();

    /** The mesh's; null while nobody looks. */
    @Nullable
    PacketTap tap;

    Transmitter(
            WireGuard wireGuard,
            TcpStack tcp,
            ByteBufAllocator allocator,
            PacketDrops drops,
            Liveness liveness,
            Predicate<Ipv6Address> isLocal,
            int mtu) {
        this.wireGuard = wireGuard;
        this.tcp = tcp;
        this.allocator = allocator;
        this.drops = drops;
        this.liveness = liveness;
        this.isLocal = isLocal;
        this.mtu = mtu;
        this.roomPerPacket = WireGuardPeer.HEADER_BYTES + mtu + MAX_PADDING + WireGuardPeer.TAG_BYTES;
    }

    /** The next train, owned by the caller, or null. */
    @Nullable
    DatagramTrain poll(long nowNanos) {
        for (; ; ) {
            DatagramTrain control = wireGuard.pollDatagram(nowNanos);
            if (control != null) return control;
            DatagramTrain train = trains.poll();
            if (train != null) return train;
            collect(nowNanos);
            PeerQueue queue = round.poll();
            if (queue == null) return null;
            queue.isListed = false;
            // Not ready: a handshake has begun, whose first message the next turn of this loop finds.
            if (!queue.peer().readyToSend(nowNanos)) {
                liveness.onSessionAwaited(queue, nowNanos);
                continue;
            }
            buildTrains(queue, nowNanos);
            if (!queue.isEmpty()) list(queue);
        }
    }

    /** Fills one buffer with the peer's packets; a packet longer than the train's stride begins the next train. */
    private void buildTrains(PeerQueue queue, long nowNanos) {
        WireGuardPeer peer = queue.peer();
        InetSocketAddress endpoint = Objects.requireNonNull(peer.endpoint(), "a peer that is ready has an endpoint");
        int limit = Math.max(MAX_TRAIN_BYTES, roomPerPacket);
        ByteBuf buffer = allocator.directBuffer(limit, limit);
        int trainStart = 0;
        int stride = 0;
        int end = 0;
        for (int segments = 0; segments < MAX_SEGMENTS && end + roomPerPacket <= limit; segments++) {
            int packet = end + WireGuardPeer.HEADER_BYTES;
            buffer.writerIndex(packet);
            if (!queue.pollPacket(buffer, nowNanos)) break;
            int packetBytes = buffer.writerIndex() - packet;
            liveness.onSent(queue, buffer, packet, packetBytes, nowNanos);
            if (tap != null) tap.onSent(peer, buffer, packet, packetBytes, nowNanos);
            int length = peer.seal(buffer, end, packetBytes, mtu, nowNanos);
            if (length > stride && end > trainStart) {
                addTrain(buffer, trainStart, end, stride, endpoint);
                trainStart = end;
            }
            if (end == trainStart) stride = length;
            end += length;
            if (length < stride) {
                addTrain(buffer, trainStart, end, stride, endpoint);
                trainStart = end;
            }
        }
        if (trainStart == 0 && end > 0) {
            trains.add(new DatagramTrain(buffer.setIndex(0, end), stride, endpoint));
            return;
        }
        if (end > trainStart) addTrain(buffer, trainStart, end, stride, endpoint);
        buffer.release();
    }

    private void addTrain(ByteBuf buffer, int start, int end, int stride, InetSocketAddress endpoint) {
        trains.add(new DatagramTrain(buffer.retainedSlice(start, end - start), stride, endpoint));
    }

    /** Takes from TCP whatever wants to leave. */
    private void collect(long nowNanos) {
        for (ByteBuf p = liveness.pollProbe(); p != null; p = liveness.pollProbe()) send(p);
        for (ByteBuf p = tcp.pollStateless(); p != null; p = tcp.pollStateless()) send(p);
        for (TcpConnection c = tcp.pollTransmitter(); c != null; c = tcp.pollTransmitter()) {
            PeerQueue queue = queueTo(c.remoteAddress());
            if (queue == null) {
                failUnreachable(c, nowNanos);
                continue;
            }
            queue.add(c);
            list(queue);
        }
    }

    /** Queues a whole packet; takes it. Dropped and counted when there is no peer or no room. */
    void send(ByteBuf packet) {
        PeerQueue queue = queueTo(Ipv6Header.destination(packet, packet.readerIndex()));
        if (queue != null && packet.readableBytes() <= mtu && queue.add(packet)) {
            list(queue);
            return;
        }
        drops.count(queue == null ? PacketDropReason.NO_PEER : PacketDropReason.PEER_QUEUE_FULL);
        packet.release();
    }

    @Override
    public boolean offer(OutboundDatagram datagram) {
        PeerQueue queue = queueTo(datagram.remote());
        if (queue == null || !queue.add(datagram)) {
            drops.count(queue == null ? PacketDropReason.NO_PEER : PacketDropReason.PEER_QUEUE_FULL);
            return false;
        }
        list(queue);
        return true;
    }

    /** Whether a packet for there has a way: an answer of ours to its absence is better than silence. */
    boolean hasPeer(Ipv6Address destination) {
        return queueTo(destination) != null;
    }

    private @Nullable PeerQueue queueTo(Ipv6Address destination) {
        if (isLocal.test(destination)) return null;
        WireGuardPeer peer = wireGuard.route(destination.high(), destination.low());
        return peer == null ? null : queueOf(peer);
    }

    private PeerQueue queueOf(WireGuardPeer peer) {
        if (peer.attachment instanceof PeerQueue queue) return queue;
        PeerQueue queue = new PeerQueue(peer);
        peer.attachment = queue;
        queues.add(queue);
        return queue;
    }

    private void list(PeerQueue queue) {
        if (queue.isListed) return;
        queue.isListed = true;
        round.add(queue);
    }

    /** A session that may send exists. */
    void resume(WireGuardPeer peer) {
        if (peer.attachment instanceof PeerQueue queue && !queue.isEmpty()) list(queue);
    }

    /**
     * No session came: what waits is lost, as on any path that is down. TCP then repeats it by its own timers, and each
     * repetition asks for a session again.
     */
    void giveUp(WireGuardPeer peer, long nowNanos) {
        if (!(peer.attachment instanceof PeerQueue queue)) return;
        for (ByteBuf p = queue.removePacket(); p != null; p = queue.removePacket()) {
            drops.count(PacketDropReason.PEER_GAVE_UP);
            p.release();
        }
        for (OutboundDatagram d = queue.removeDatagram(); d != null; d = queue.removeDatagram()) {
            drops.count(PacketDropReason.PEER_GAVE_UP);
            d.discard();
        }
        ByteBuf scratch = allocator.directBuffer(mtu, mtu);
        for (TcpConnection c = queue.removeConnection(); c != null; c = queue.removeConnection())
            while (c.pollPacket(scratch.clear(), nowNanos)) drops.count(PacketDropReason.PEER_GAVE_UP);
        scratch.release();
    }

    private void failUnreachable(TcpConnection connection, long nowNanos) {
        ByteBuf scratch = allocator.directBuffer(mtu, mtu);
        boolean isTold = false;
        while (connection.pollPacket(scratch.clear(), nowNanos)) {
            drops.count(PacketDropReason.NO_PEER);
            if (isTold) continue;
            isTold = true;
            tcp.onIcmpError(
                    connection.localAddress(),
                    connection.localPort(),
                    connection.remoteAddress(),
                    connection.remotePort(),
                    scratch.getInt(Ipv6Header.BYTES + 4),
                    new TcpStack.IcmpError.Unreachable(0),
                    nowNanos);
        }
        scratch.release();
    }

    /** After peers or their ranges changed: what waits goes to whoever has its destination now. */
    void reroute(long nowNanos) {
        List<PeerQueue> before = queues;
        queues = new ArrayList<>();
        round.clear();
        for (PeerQueue queue : before) {
            queue.peer().attachment = null;
            if (queue.watch == null) continue;
            if (queue.peer().isRemoved()) liveness.forget(queue.watch);
            else queueOf(queue.peer()).watch = queue.watch;
        }
        for (PeerQueue queue : before) {
            for (ByteBuf p = queue.removePacket(); p != null; p = queue.removePacket()) send(p);
            for (OutboundDatagram d = queue.removeDatagram(); d != null; d = queue.removeDatagram())
                if (!offer(d)) d.discard();
            for (TcpConnection c = queue.removeConnection(); c != null; c = queue.removeConnection()) {
                PeerQueue now = queueTo(c.remoteAddress());
                if (now == null) {
                    failUnreachable(c, nowNanos);
                    continue;
                }
                now.add(c);
                list(now);
            }
        }
    }

    /** Releases everything; connections are TCP's. */
    void close() {
        for (PeerQueue queue : queues) {
            for (ByteBuf p = queue.removePacket(); p != null; p = queue.removePacket()) p.release();
            for (OutboundDatagram d = queue.removeDatagram(); d != null; d = queue.removeDatagram()) d.discard();
            while (queue.removeConnection() != null) continue;
        }
        round.clear();
        for (DatagramTrain t = trains.poll(); t != null; t = trains.poll())
            t.buffer().release();
    }
}
