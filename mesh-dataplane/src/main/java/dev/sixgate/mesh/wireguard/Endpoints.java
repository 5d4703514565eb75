package dev.sixgate.mesh.wireguard;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One form for each UDP address, so that a peer does not seem to move between 192.0.2.1 and ::ffff:192.0.2.1. */
final class Endpoints {
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};

    private Endpoints() {}

    /** @throws IllegalArgumentException when the host was not resolved */
    static @Nullable InetSocketAddress normalised(@Nullable InetSocketAddress endpoint) {
        if (endpoint == null) return null;
        InetAddress address = endpoint.getAddress();
        if (address == null)
            throw new IllegalArgumentException("endpoint " + endpoint.getHostString() + " was not resolved");
        if (!(address instanceof Inet6Address)) return endpoint;
        byte[] bytes = address.getAddress();
        if (!Arrays.equals(bytes, 0, MAPPED.length, MAPPED, 0, MAPPED.length)) return endpoint;
        try {
            byte[] last = Arrays.copyOfRange(bytes, MAPPED.length, bytes.length);
            return new InetSocketAddress(InetAddress.getByAddress(last), endpoint.getPort());
        } catch (UnknownHostException e) {
            throw new AssertionError("4 bytes are always an address", e);
        }
    }
}
