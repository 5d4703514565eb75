package dev.sixgate.mesh.wireguard;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One peer's live state. Used on the owning loop only. Contract; see the words at each method. */
public final class WireGuardPeer {
    /** Bytes in front of a packet in a transport data message (whitepaper §5.4.6). */
    public static final int HEADER_BYTES = 16;
    /** Bytes behind it: the Poly1305 tag, after up to 15 bytes of padding. */
    public static final int TAG_BYTES = 16;

    WireGuardPeer() {}

    public PeerConfig config() {
        throw new UnsupportedOperationException();
    }

    /** Where datagrams go now; moves when the peer roams. Null while unknown. */
    public @Nullable InetSocketAddress endpoint() {
        throw new UnsupportedOperationException();
    }

    /**
     * Whether {@link #seal} would work now. When not, and an endpoint is known, a handshake is begun (or goes on, by
     * its timers), and {@link PeerEvent.SessionEstablished} tells when to ask again.
     */
    public boolean readyToSend(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * Seals one packet in place as transport data. The plaintext stands at {@code index + HEADER_BYTES}; header, padding
     * (to 16, not beyond {@code mtu}) and tag are written around it, so {@code index + 16 + packetBytes + 15 + 16} must
     * be within the capacity. Indices of {@code buffer} are not moved. Call only after {@link #readyToSend} was true
     * in the same turn.
     *
     * @return length of the datagram that begins at {@code index}
     */
    public int seal(ByteBuf buffer, int index, int packetBytes, int mtu, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /** Nanoseconds of {@code nowNanos} scale at which the current session was established; {@code Long.MIN_VALUE}: never. */
    public long lastHandshakeNanos() {
        throw new UnsupportedOperationException();
    }

    public long receivedBytes() {
        throw new UnsupportedOperationException();
    }

    public long sentBytes() {
        throw new UnsupportedOperationException();
    }

    /** Free for the owner above (Mesh): its per-peer transmit queue. */
    public @Nullable Object attachment;
}
