package dev.sixgate.edge.dns;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Unique local addresses to names (RFC 3596 §2.5), which no server of the internet knows (RFC 6303 §4.4). */
final class ReverseZone implements Zone {
    private static final int NIBBLES_BELOW = 30;

    private final Workloads workloads;

    ReverseZone(Workloads workloads) {
        this.workloads = workloads;
    }

    @Override
    public String origin() {
        return "d.f.ip6.arpa";
    }

    @Override
    public @Nullable RecordSet find(String name) {
        if (name.isEmpty()) return RecordSet.EMPTY;
        if (name.length() % 2 == 0 || name.length() > 2 * NIBBLES_BELOW - 1) return null;
        byte[] address = new byte[16];
        address[0] = (byte) 0xfd;
        int nibbles = (name.length() + 1) / 2;
        for (int i = 0; i < nibbles; i++) {
            int digit = Character.digit(name.charAt(name.length() - 1 - 2 * i), 16);
            if (digit < 0 || i > 0 && name.charAt(name.length() - 2 * i) != '.') return null;
            address[1 + i / 2] |= (byte) (i % 2 == 0 ? digit << 4 : digit);
        }
        if (nibbles < NIBBLES_BELOW) return RecordSet.EMPTY; // names stand below, or might
        String owner = owner(address);
        return owner == null ? null : new RecordSet(List.of(), List.of(), List.of(), List.of(owner));
    }

    private @Nullable String owner(byte[] address) {
        try {
            return InetAddress.getByAddress(address) instanceof Inet6Address six ? workloads.nameOf(six) : null;
        } catch (UnknownHostException e) {
            throw new AssertionError("sixteen bytes are an address", e);
        }
    }
}
