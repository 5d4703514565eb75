package dev.sixgate.edge.sixpn;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An address read by the published 6PN layout, whose prefix may be any, such as {@code fd12}:
 * <pre>
 *   fdaa : 0:48c8  : a7b:228 : 4b6d:6e20 : 2
 *   16     32 bits   32 bits   32 bits     16 bits
 *   prefix network   host      machine     free
 * </pre>
 * A network is a /48, a host a /80 in it, a machine a /112 of its host. The host {@code 0:1} has no machines: it is the range of
 * services, whose low bits number them. In a /80 whose owner embeds its clients, the free bits tell what the machine bits are.
 */
public record SixpnAddress(Ipv6Address address) {
    public static final int NETWORK_LENGTH = 48;
    public static final int HOST_LENGTH = 80;
    public static final int MACHINE_LENGTH = 112;
    /** The host bits of service addresses. */
    public static final int SERVICE_HOST = 1;
    /** Free bits of our own source addresses and of workloads stay below; from here on they stand for IPv6 clients. */
    public static final int FIRST_OF_IPV6_CLIENTS = 0x8000;

    /**
     * @param network a /48
     * @param free 0 to ffff hex
     * @throws IllegalArgumentException when {@code network} has another length
     */
    public static SixpnAddress of(Ipv6Prefix network, int host, int machine, int free) {
        expect(network, NETWORK_LENGTH, "a network");
        long low = (host & 0xffffL) << 48 | (machine & 0xffff_ffffL) << 16 | free & 0xffffL;
        return new SixpnAddress(new Ipv6Address(network.address().high() | host >>> 16, low));
    }

    /**
     * The address that stands for an IPv4 client in a host's range.
     *
     * @param host a /80
     * @throws IllegalArgumentException when {@code host} has another length
     */
    public static SixpnAddress embedding(Ipv6Prefix host, Inet4Address client) {
        expect(host, HOST_LENGTH, "a host");
        long bits = ByteBuffer.wrap(client.getAddress()).getInt() & 0xffff_ffffL;
        return new SixpnAddress(
                new Ipv6Address(host.address().high(), host.address().low() | bits << 16));
    }

    static void expect(Ipv6Prefix range, int length, String what) {
        if (range.length() != length)
            throw new IllegalArgumentException(range + " is not " + what + "'s range, which is a /" + length);
    }

    public int network() {
        return (int) (address.high() >>> 16);
    }

    public int host() {
        return (int) (address.high() << 16 | address.low() >>> 48);
    }

    public int machine() {
        return (int) (address.low() >>> 16);
    }

    /** 0 to ffff hex. */
    public int free() {
        return (int) address.low() & 0xffff;
    }

    public Ipv6Prefix networkRange() {
        return new Ipv6Prefix(address, NETWORK_LENGTH);
    }

    public Ipv6Prefix hostRange() {
        return new Ipv6Prefix(address, HOST_LENGTH);
    }

    public Ipv6Prefix machineRange() {
        return new Ipv6Prefix(address, MACHINE_LENGTH);
    }

    /** The IPv4 client that this address stands for, given that its host embeds; null: it stands for none. */
    public @Nullable InetAddress embedded() {
        if (free() != 0 || machine() == 0) return null;
        try {
            return InetAddress.getByAddress(
                    ByteBuffer.allocate(4).putInt(machine()).array());
        } catch (UnknownHostException e) {
            throw new AssertionError("4 bytes are always an address", e);
        }
    }

    /** 32 bits as they stand in an address: {@code 4b6d:6e20}. */
    public static String groups(int bits) {
        return Integer.toHexString(bits >>> 16) + ":" + Integer.toHexString(bits & 0xffff);
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
