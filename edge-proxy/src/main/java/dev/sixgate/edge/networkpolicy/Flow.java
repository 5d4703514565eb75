package dev.sixgate.edge.networkpolicy;

import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * What is asked about: a connection, or the first datagram of a conversation.
 *
 * @param source who opens it; of a public client's request, the edge that opens it for the client
 * @param client the public client that the edge acts for; null: the source acts for itself. A rule that names either allows
 * @param port the destination's
 */
public record Flow(
        Protocol protocol, Ipv6Address source, @Nullable Ipv6Address client, Ipv6Address destination, int port) {

    private String opener() {
        return client == null ? AddressSet.text(source) : "this edge for " + AddressSet.text(client);
    }

    /** Such as {@code fdaa::9 → [fdaa::2]:8080/tcp}. */
    @Override
    public String toString() {
        String to = AddressSet.text(destination);
        return opener() + " → " + (to.indexOf(':') < 0 ? to : "[" + to + "]") + ":" + port + "/" + protocol.word();
    }
}
