package dev.sixgate.mesh.udp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A UDP port of the mesh (RFC 768 over RFC 8200 §8.1). Contract; see the words at each method. */
public final class UdpSocket {
    UdpSocket() {}

    /** @param payload owned by the receiver */
    public record Datagram(Ipv6Address local, int localPort, Ipv6Address remote, int remotePort, ByteBuf payload) {}

    public @Nullable Ipv6Address localAddress() {
        throw new UnsupportedOperationException();
    }

    public int localPort() {
        throw new UnsupportedOperationException();
    }

    /** The next datagram, or null. */
    public @Nullable Datagram receive() {
        throw new UnsupportedOperationException();
    }

    /**
     * Queues one datagram; takes {@code payload}.
     *
     * @return false when the bounded queue is full or the payload does not fit the MTU: released, nothing sent
     */
    public boolean send(Ipv6Address local, Ipv6Address remote, int remotePort, ByteBuf payload) {
        throw new UnsupportedOperationException();
    }

    public void close() {
        throw new UnsupportedOperationException();
    }

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;
}
