package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One WireGuard peer.
 *
 * @param name the operator's word for it, used in status, logs and explain
 * @param presharedKey 32 bytes mixed into the handshake, or null for none
 * @param endpoint where its datagrams go at first, resolved; null: wait for the peer's handshake
 * @param allowedIps IPv6 prefixes this peer may send from and we route to; without one, it may only keep its session alive
 * @param keepalive time between packets that keep NAT state alive; zero sends none
 */
public record PeerConfig(
        String name,
        PublicKey publicKey,
        byte @Nullable [] presharedKey,
        @Nullable InetSocketAddress endpoint,
        List<Ipv6Prefix> allowedIps,
        Duration keepalive) {
    public PeerConfig {
        allowedIps = List.copyOf(allowedIps);
        if (presharedKey != null && presharedKey.length != 32)
            throw new IllegalArgumentException("a preshared key has 32 bytes, found " + presharedKey.length);
        if (keepalive.isNegative() || keepalive.toSeconds() > 65535)
            throw new IllegalArgumentException("keepalive " + keepalive + " is not between 0 and 65535 seconds");
    }
}
