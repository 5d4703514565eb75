package dev.sixgate.edge.sixpn;

import dev.sixgate.edge.sixpn.AddressClaims.Workload;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives each workload of a host one stable /128 in the host's /80. The machine bits follow from the workload's kind and name, so
 * that a restart without any memory gives the same addresses; where two names meet (once in 2<sup>32</sup> pairs) the later one
 * gets the next free machine. The free bits are 2, as in the published layout. One thread at a time.
 */
public final class SixpnAllocator {
    public static final int MAX_WORKLOADS = 65_536;
    private static final int FREE_BITS = 2;

    private final Ipv6Prefix host;
    private final int hostBits;
    private final Map<Workload, Ipv6Address> addresses = new LinkedHashMap<>();
    private final AddressClaims claims = new AddressClaims();

    /**
     * @param host a /80
     * @throws IllegalArgumentException when it has another length, or is the range of services
     */
    public SixpnAllocator(Ipv6Prefix host) {
        SixpnAddress.expect(host, SixpnAddress.HOST_LENGTH, "a host");
        hostBits = new SixpnAddress(host.address()).host();
        if (hostBits == SixpnAddress.SERVICE_HOST)
            throw new IllegalArgumentException(host + " is the range of services, which has no machines");
        this.host = host;
    }

    /**
     * The workload's address: the one it has, else a new one.
     *
     * @throws IllegalStateException when {@link #MAX_WORKLOADS} have one
     */
    public Ipv6Address allocate(Workload workload) {
        Ipv6Address known = addresses.get(workload);
        if (known != null) return known;
        room();
        Ipv6Prefix network = new Ipv6Prefix(host.address(), SixpnAddress.NETWORK_LENGTH);
        for (int machine = machine(workload); ; machine++) {
            if (machine == 0) continue;
            Ipv6Address address =
                    SixpnAddress.of(network, hostBits, machine, FREE_BITS).address();
            if (claims.owner(address) != null) continue;
            claims.claim(address, workload);
            addresses.put(workload, address);
            return address;
        }
    }

    /**
     * Registers an address that a workload has already, such as one that was written down.
     *
     * @return null when it is the workload's now; else who has it (the workload itself where it has another address)
     * @throws IllegalArgumentException when the address is outside the host's range
     * @throws IllegalStateException when {@link #MAX_WORKLOADS} have one
     */
    public @Nullable Workload register(Workload workload, Ipv6Address address) {
        if (!host.contains(address)) throw new IllegalArgumentException(address + " is not inside " + host);
        Workload owner = claims.owner(address);
        if (owner != null) return owner.equals(workload) ? null : owner;
        if (addresses.containsKey(workload)) return workload;
        room();
        claims.claim(address, workload);
        addresses.put(workload, address);
        return null;
    }

    /** The address may be another's from now on. */
    public void release(Workload workload) {
        Ipv6Address address = addresses.remove(workload);
        if (address != null) claims.release(address);
    }

    public @Nullable Workload owner(Ipv6Address address) {
        return claims.owner(address);
    }

    private void room() {
        if (addresses.size() >= MAX_WORKLOADS)
            throw new IllegalStateException(host + " has " + MAX_WORKLOADS + " workloads, and no room for more");
    }

    /** FNV-1a of kind and name, folded by a finalizer, since names often differ in their last character only. */
    static int machine(Workload workload) {
        long hash = 0xcbf29ce484222325L;
        for (byte each : (workload.kind() + "/" + workload.name()).getBytes(StandardCharsets.UTF_8))
            hash = (hash ^ each & 0xff) * 0x100000001b3L;
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        return (int) (hash ^ hash >>> 32);
    }
}
