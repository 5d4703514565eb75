package dev.sixgate.edge.sixpn;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which address is whose: the first claim holds until it is released. One thread at a time. */
public final class AddressClaims {
    /** A workload such as a pod by its kind and name; equal ones are one workload. */
    public record Workload(String kind, String name) {
        /** {@code static}: something listens there, and nothing is said of what else does. */
        public boolean isExclusive() {
            return !kind.equals("static");
        }

        @Override
        public String toString() {
            return kind + " " + name;
        }
    }

    private final Map<Ipv6Address, Workload> owners = new LinkedHashMap<>();

    /**
     * Takes an address for a workload. A workload of a kind of its own shares its address with nobody; those that are merely
     * {@code static} may share one, as two services of a plain WireGuard peer do.
     *
     * @return null when it was free or its own already; else the owner, and nothing changed
     */
    public @Nullable Workload claim(Ipv6Address address, Workload workload) {
        Workload owner = owners.putIfAbsent(address, workload);
        boolean together = owner == null || owner.equals(workload) || !owner.isExclusive() && !workload.isExclusive();
        return together ? null : owner;
    }

    public @Nullable Workload owner(Ipv6Address address) {
        return owners.get(address);
    }

    public void release(Ipv6Address address) {
        owners.remove(address);
    }

    public int size() {
        return owners.size();
    }
}
