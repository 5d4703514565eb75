package dev.sixgate.edge.explain;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** How addresses are written for people: RFC 5952 for IPv6, brackets when a port follows. Never asks DNS. */
public final class AddressText {
    private AddressText() {}

    public static String of(InetAddress address) {
        return address instanceof Inet6Address six ? Ipv6Address.of(six).toString() : address.getHostAddress();
    }

    /** As {@link #of(InetSocketAddress)}, but without a port that is not known. */
    public static String ofMaybePort(InetSocketAddress socket) {
        return socket.getPort() == 0 && socket.getAddress() != null ? of(socket.getAddress()) : of(socket);
    }

    /** {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    public static String of(InetSocketAddress socket) {
        InetAddress address = socket.getAddress();
        if (address == null) return socket.getHostString() + ":" + socket.getPort();
        return address instanceof Inet6Address
                ? "[" + of(address) + "]:" + socket.getPort()
                : of(address) + ":" + socket.getPort();
    }
}
