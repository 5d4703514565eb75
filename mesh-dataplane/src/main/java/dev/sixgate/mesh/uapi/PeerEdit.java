package dev.sixgate.mesh.uapi;

import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One peer of a {@code set} request while its lines are read. */
final class PeerEdit {
    private static final int KEY_BYTES = 32;

    final PublicKey publicKey;
    final Set<Ipv6Prefix> allowedIps = new LinkedHashSet<>();
    private final String name;
    private byte @Nullable [] presharedKey;
    private @Nullable InetSocketAddress endpoint;
    private Duration keepalive = Duration.ZERO;

    /** @param known null: a peer that comes new, named by the start of its key */
    PeerEdit(PublicKey publicKey, @Nullable PeerConfig known) {
        this.publicKey = publicKey;
        name = known == null ? publicKey.toString().substring(0, 8) : known.name();
        if (known == null) return;
        allowedIps.addAll(known.allowedIps());
        presharedKey = known.presharedKey();
        endpoint = known.endpoint();
        keepalive = known.keepalive();
    }

    /** 64 hex digits; all zero: none. */
    void presharedKey(String hex) throws UapiException {
        byte[] key = key(hex);
        boolean none = true;
        for (byte one : key) none &= one == 0;
        presharedKey = none ? null : key;
    }

    /** {@code 192.0.2.1:51820} or {@code [2001:db8::1]:51820}. */
    void endpoint(String text) throws UapiException {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, Math.max(0, colon));
            if (host.startsWith("[") && host.endsWith("]")) host = host.substring(1, host.length() - 1);
            endpoint = new InetSocketAddress(
                    InetAddress.ofLiteral(host), (int) Hex.number("endpoint", text.substring(colon + 1), 1, 65535));
        } catch (IllegalArgumentException e) {
            throw new UapiException(UapiException.EINVAL, "endpoint=" + text + " is not an address with a port");
        }
    }

    /** Seconds, 0 to 65535; {@code off} for 0. */
    void keepalive(String text) throws UapiException {
        keepalive = Duration.ofSeconds(
                text.equals("off") ? 0 : Hex.number("persistent_keepalive_interval", text, 0, 65535));
    }

    /** @return false when it is an IPv4 prefix, which no mesh of ours carries */
    boolean allow(String text) throws UapiException {
        if (text.indexOf(':') < 0) return false;
        try {
            allowedIps.add(Ipv6Prefix.parse(text));
            return true;
        } catch (IllegalArgumentException e) {
            throw new UapiException(UapiException.EINVAL, "allowed_ip=" + text + " is not an IPv6 prefix");
        }
    }

    PeerConfig config() {
        return new PeerConfig(name, publicKey, presharedKey, endpoint, java.util.List.copyOf(allowedIps), keepalive);
    }

    static byte[] key(String hex) throws UapiException {
        byte[] key = Hex.bytes(hex);
        if (key.length != KEY_BYTES)
            throw new UapiException(UapiException.EINVAL, "a key has 64 hex digits, found " + hex.length());
        return key;
    }
}
