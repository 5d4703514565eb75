package dev.sixgate.mesh;

import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.udp.OutboundDatagram;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * What one peer is to be sent: whole packets (echo, errors, resets), datagrams, and connections that have something.
 * Packets and connections take turns, as do the connections among themselves, {@value #PACKETS_PER_TURN} packets a turn:
 * enough to fill trains, too few to be felt by a neighbour.
 */
final class PeerQueue {
    static final int MAX_PACKETS = 256;
    static final int MAX_DATAGRAMS = 1024;
    static final int PACKETS_PER_TURN = 8;

    private final WireGuardPeer peer;
    private final Queue<ByteBuf> packets = new ArrayDeque<>();
    private final Queue<OutboundDatagram> datagrams = new ArrayDeque<>();
    private final Queue<TcpConnection> connections = new ArrayDeque<>();
    private boolean isConnectionsTurn;
    private int turnLeft = PACKETS_PER_TURN;

    /** What the latest connection that sent had measured; -1: nothing. */
    private long smoothedRttNanos = -1;

    /** {@link Liveness}'s; null until something was sent that wants an answer. */
    @Nullable
    PathWatch watch;

    /** The transmitter's: whether it stands in its round. */
    boolean isListed;

    PeerQueue(WireGuardPeer peer) {
        this.peer = peer;
    }

    WireGuardPeer peer() {
        return peer;
    }

    /** @return false when full; the caller keeps the packet */
    boolean add(ByteBuf packet) {
        return packets.size() < MAX_PACKETS && packets.add(packet);
    }

    /** @return false when full; the caller keeps the datagram */
    boolean add(OutboundDatagram datagram) {
        return datagrams.size() < MAX_DATAGRAMS && datagrams.add(datagram);
    }

    void add(TcpConnection connection) {
        connections.add(connection);
    }

    boolean isEmpty() {
        return packets.isEmpty() && datagrams.isEmpty() && connections.isEmpty();
    }

    /** Writes the next packet at the writer index of {@code target}; false when there is none. */
    boolean pollPacket(ByteBuf target, long nowNanos) {
        while (!isEmpty()) {
            if (turnLeft-- > 0 && (isConnectionsTurn ? pollConnection(target, nowNanos) : pollOwn(target))) return true;
            if (isConnectionsTurn && !connections.isEmpty() && turnLeft < 0) connections.add(connections.remove());
            isConnectionsTurn = !isConnectionsTurn;
            turnLeft = PACKETS_PER_TURN;
        }
        return false;
    }

    private boolean pollOwn(ByteBuf target) {
        ByteBuf packet = packets.poll();
        if (packet != null) {
            target.writeBytes(packet);
            packet.release();
            return true;
        }
        OutboundDatagram datagram = datagrams.poll();
        if (datagram == null) return false;
        datagram.writeTo(target);
        return true;
    }

    private boolean pollConnection(ByteBuf target, long nowNanos) {
        TcpConnection connection = connections.peek();
        if (connection == null) return false;
        if (connection.pollPacket(target, nowNanos)) {
            smoothedRttNanos = connection.smoothedRttNanos();
            return true;
        }
        connections.remove();
        return false;
    }

    long smoothedRttNanos() {
        return smoothedRttNanos;
    }

    @Nullable
    ByteBuf removePacket() {
        return packets.poll();
    }

    @Nullable
    OutboundDatagram removeDatagram() {
        return datagrams.poll();
    }

    @Nullable
    TcpConnection removeConnection() {
        return connections.poll();
    }
}
