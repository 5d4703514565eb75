package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.nio.channels.UnresolvedAddressException;
import org.jspecify.annotations.Nullable;

/** Socket addresses as applications give them, checked against what a mesh carries. */
final class MeshAddresses {
    private MeshAddresses() {}

    /** @return the remote end, which a peer of the mesh covers */
    static InetSocketAddress remote(Mesh mesh, SocketAddress address) throws NoRouteToHostException {
        if (!(address instanceof InetSocketAddress inet))
            throw new NoRouteToHostException("a mesh carries IPv6 only, and this is not an IPv6 address: " + address);
        if (inet.isUnresolved()) throw new UnresolvedAddressException();
        if (!(inet.getAddress() instanceof Inet6Address ipv6))
            throw new NoRouteToHostException("a mesh carries IPv6 only, and this is not an IPv6 address: " + address);
        Ipv6Address remote = Ipv6Address.of(ipv6);
        if (mesh.wireGuard().route(remote.high(), remote.low()) == null)
            throw new NoRouteToHostException("no peer's allowed IPs cover the address");
        return inet;
    }

    /** @return an address of ours, or null for any of them */
    static @Nullable Ipv6Address local(Mesh mesh, InetSocketAddress address) throws BindException {
        if (address.getAddress() == null)
            throw new BindException("Cannot assign requested address: " + address + " is not resolved");
        if (address.getAddress().isAnyLocalAddress()) return null;
        if (!(address.getAddress() instanceof Inet6Address ipv6) || !mesh.isLocal(Ipv6Address.of(ipv6)))
            throw new BindException("Cannot assign requested address: " + address + " is not in the mesh's own ranges");
        return Ipv6Address.of(ipv6);
    }

    static InetSocketAddress inet(SocketAddress address) throws BindException {
        if (address instanceof InetSocketAddress inet) return inet;
        throw new BindException("Cannot assign requested address: " + address + " is not an internet address");
    }
}
