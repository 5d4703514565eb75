package dev.sixgate.edge.upstream;

import dev.sixgate.edge.servicemap.BackendProtocol;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What two connections must have in common for one to stand in for the other, besides their event loop.
 *
 * @param client whom the connection's source address stands for; null: the edge itself
 */
record BackendKey(
        InetAddress address,
        int port,
        boolean insecureDirect,
        BackendProtocol protocol,
        @Nullable InetAddress client) {
    /** From an address of the edge's own. */
    BackendKey(InetAddress address, int port, boolean insecureDirect, BackendProtocol protocol) {
        this(address, port, insecureDirect, protocol, null);
    }
}
