package dev.sixgate.mesh.wireguard;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Contract; see the words at each method. */
public final class WireGuard {
    public static final long NEVER = Long.MAX_VALUE;

    public WireGuard(
            PrivateKey privateKey,
            List<PeerConfig> peers,
            RandomGenerator random,
            InstantSource wallClock,
            ByteBufAllocator allocator,
            long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Adds, changes and removes peers while running; a peer that stays (same public key) keeps its sessions. */
    public void configure(List<PeerConfig> peers, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes one UDP datagram. A handshake or cookie message is consumed; transport data is opened in place.
     *
     * @return the inner IPv6 packet (a view on the same memory, trimmed of padding, source checked against allowed
     *     IPs, owned by the caller), or null when there is none: consumed, keepalive, or dropped and counted
     */
    public @Nullable ByteBuf onDatagram(ByteBuf datagram, InetSocketAddress source, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Due timers of every peer. */
    public void onTimeout(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public long nextTimeout() {
        throw new UnsupportedOperationException();
    }

    /** Handshake, cookie and keepalive messages to send, owned by the caller; null when none. */
    public @Nullable DatagramTrain pollDatagram(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    public @Nullable HandshakeWork pollWork() {
        throw new UnsupportedOperationException();
    }

    public void onWorkDone(HandshakeWork work, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** A peer whose state changed (session established, lost, gave up, endpoint moved); null when none. */
    public @Nullable PeerEvent pollEvent() {
        throw new UnsupportedOperationException();
    }

    /** Cryptokey routing: the peer with the longest allowed IP that covers the address, or null. */
    public @Nullable WireGuardPeer route(long addressHigh, long addressLow) {
        throw new UnsupportedOperationException();
    }

    public List<WireGuardPeer> peers() {
        throw new UnsupportedOperationException();
    }

    /** Datagrams dropped since the start, by reason; index by {@link DropReason#ordinal}. */
    public long dropped(DropReason reason) {
        throw new UnsupportedOperationException();
    }
}
