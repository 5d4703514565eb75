package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All TCP of one mesh: demultiplexing, listeners, TIME-WAIT, timers and who wants to transmit. Reads no clock, opens no
 * socket, never calls up: after any input the owner drains {@link #pollReady} and {@link #pollTransmitter}.
 * Contract; see the words at each method.
 */
public final class TcpStack {
    public static final long NEVER = Long.MAX_VALUE;

    /**
     * @param mtu inner MTU, 1280 or more; MSS is 60 less
     * @param random seeds initial sequence numbers (RFC 6528) and ephemeral ports (RFC 6056)
     */
    public TcpStack(int mtu, RandomGenerator random, ByteBufAllocator allocator, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes one IPv6 packet whose upper layer is TCP and whose destination is ours. {@code readerIndex} is at the IPv6
     * header, lengths are checked, {@code tcpOffset} is the distance to the TCP header. The checksum is checked here.
     *
     * @param packet ownership passes to the stack, which releases it in every case; payloads are kept as retained slices
     */
    public void onPacket(ByteBuf packet, int tcpOffset, long ingressNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * An ICMPv6 error quoting one of our segments (RFC 4443, RFC 5927): ignored unless the quoted sequence number is in
     * flight. A hard error fails a connection that is still opening; later ones are soft.
     */
    public void onIcmpError(
            Ipv6Address local,
            int localPort,
            Ipv6Address remote,
            int remotePort,
            int sequence,
            IcmpError error,
            long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** What an ICMPv6 error says of a destination. */
    public sealed interface IcmpError {
        /** @param code RFC 4443 §3.1: 0 no route, 1 prohibited, 3 address, 4 port */
        record Unreachable(int code) implements IcmpError {}

        record PacketTooBig(int mtu) implements IcmpError {}
    }

    /**
     * Opens a connection: it appears at {@link #pollTransmitter} with its SYN.
     *
     * @param localPort 0: an ephemeral one
     * @throws java.net.BindException when the four-tuple, or every ephemeral port towards it, is taken
     */
    public TcpConnection connect(
            Ipv6Address local, int localPort, Ipv6Address remote, int remotePort, TcpOptions options, long nowNanos)
            throws java.net.BindException {
        throw new UnsupportedOperationException();
    }

    /**
     * @param local null: every address of ours
     * @param port 1 to 65535, or 0 for an ephemeral one; null-address listeners with port 0 excepted
     * @param backlog most connections that are pending or not yet taken
     * @throws java.net.BindException when the address and port are taken
     */
    public TcpListener listen(@Nullable Ipv6Address local, int port, int backlog, TcpOptions options)
            throws java.net.BindException {
        throw new UnsupportedOperationException();
    }

    /**
     * The next connection whose {@link TcpConnection#takeReadiness} is not 0, or null. A connection is here at most
     * once.
     */
    public @Nullable TcpConnection pollReady() {
        throw new UnsupportedOperationException();
    }

    /** The next listener with a pending connection, or null. */
    public @Nullable TcpListener pollReadyListener() {
        throw new UnsupportedOperationException();
    }

    /**
     * The next connection that newly wants to transmit, or null. The owner keeps it in a queue of its own and calls
     * {@link TcpConnection#pollPacket} until that says false; only then may it appear here again.
     */
    public @Nullable TcpConnection pollTransmitter() {
        throw new UnsupportedOperationException();
    }

    /**
     * Packets without a connection: RST for strangers, ACK from TIME-WAIT. Bounded; the oldest are dropped.
     *
     * @return a whole IPv6 packet, owned by the caller, or null
     */
    public @Nullable ByteBuf pollStateless() {
        throw new UnsupportedOperationException();
    }

    public void onTimeout(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public long nextTimeout() {
        throw new UnsupportedOperationException();
    }

    /** Live connections, TIME-WAIT not counted. */
    public int connectionCount() {
        throw new UnsupportedOperationException();
    }

    /** Ends everything at once and releases every buffer. */
    public void close(long nowNanos) {
        throw new UnsupportedOperationException();
    }
}
