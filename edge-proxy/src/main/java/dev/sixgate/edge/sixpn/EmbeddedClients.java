package dev.sixgate.edge.sixpn;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * Clients as addresses of our own /80, so that any backend sees who comes: an IPv4 client as it is, an IPv6 client as an id
 * that a bounded table leads back to it. Any thread.
 */
public final class EmbeddedClients {
    /** IPv6 clients remembered; of one that is forgotten the address says only that it was the same client. */
    public static final int MAX_IPV6_CLIENTS = 100_000;

    private static final long ID_BITS = (1L << 47) - 1;

    private final long key;
    private final long otherKey;
    private final Cache<Long, Inet6Address> byId = Caffeine.newBuilder()
            .maximumSize(MAX_IPV6_CLIENTS)
            .executor(Runnable::run)
            .build();

    public EmbeddedClients() {
        this(new SecureRandom().nextLong(), new SecureRandom().nextLong());
    }

    /** @param key with the other unknown to clients, so that nobody can choose to look like somebody else */
    EmbeddedClients(long key, long otherKey) {
        this.key = key;
        this.otherKey = otherKey;
    }

    /**
     * The address that stands for a client.
     *
     * @param range of ours; its first /80 is used
     * @return null: the range has no room
     */
    public @Nullable Inet6Address source(Ipv6Prefix range, InetAddress client) {
        if (range.length() > SixpnAddress.HOST_LENGTH) return null;
        Ipv6Prefix host = new Ipv6Prefix(range.address(), SixpnAddress.HOST_LENGTH);
        if (client instanceof Inet4Address four)
            return SixpnAddress.embedding(host, four).address().toInetAddress();
        Inet6Address six = (Inet6Address) client;
        long id = id(six);
        byId.put(id, six);
        long low = host.address().low() | id >>> 15 << 16 | SixpnAddress.FIRST_OF_IPV6_CLIENTS | id & 0x7fff;
        return new Ipv6Address(host.address().high(), low).toInetAddress();
    }

    /** The IPv6 client behind an address that {@link #source} made; null: none, or forgotten. */
    public @Nullable Inet6Address ipv6Client(Ipv6Address address) {
        if ((address.low() & SixpnAddress.FIRST_OF_IPV6_CLIENTS) == 0) return null;
        long id = (address.low() >>> 16 & 0xffff_ffffL) << 15 | address.low() & 0x7fff;
        return byId.getIfPresent(id);
    }

    /** Mixed with two keys; not a secret, and not for an attacker to choose. */
    private long id(Inet6Address client) {
        ByteBuffer bytes = ByteBuffer.wrap(client.getAddress());
        long mixed = mix(bytes.getLong() ^ key);
        mixed = mix(mixed ^ bytes.getLong() ^ otherKey);
        return mix(mixed + key) & ID_BITS;
    }

    private static long mix(long value) {
        long mixed = (value ^ value >>> 32) * 0xd6e8feb86659fd93L;
        mixed = (mixed ^ mixed >>> 32) * 0xd6e8feb86659fd93L;
        return mixed ^ mixed >>> 32;
    }
}
