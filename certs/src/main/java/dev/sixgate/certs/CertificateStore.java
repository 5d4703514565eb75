package dev.sixgate.certs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds a certificate by SNI: the exact name, then the wildcard of its parent, then the default. Swapped whole and at once;
 * readers never wait, and a handshake under way keeps what it found. Any thread.
 */
public final class CertificateStore {
    /**
     * @param hostnames what the operator lists it for; empty: the names inside it
     */
    public record Entry(List<String> hostnames, KeyAndChain certificate) {
        public Entry {
            hostnames = List.copyOf(hostnames);
        }

        List<String> effectiveNames() {
            return hostnames.isEmpty() ? certificate.names() : hostnames;
        }
    }

    private record Index(
            Map<String, KeyAndChain> byName, @Nullable KeyAndChain fallback, List<Entry> entries) {}

    private volatile Index index = new Index(Map.of(), null, List.of());

    /** Replaces everything; where two entries have one name the first wins. The first entry is the default. */
    public void replace(List<Entry> entries) {
        Map<String, KeyAndChain> byName = new LinkedHashMap<>();
        for (Entry entry : entries)
            for (String name : entry.effectiveNames())
                byName.putIfAbsent(HostPattern.normalise(name), entry.certificate());
        index = new Index(
                Map.copyOf(byName),
                entries.isEmpty() ? null : entries.getFirst().certificate(),
                List.copyOf(entries));
    }

    /** @param sni as the client sent it, or null when it named no host; null is returned only by an empty store */
    public @Nullable KeyAndChain find(@Nullable String sni) {
        Index current = index;
        if (sni == null || sni.isEmpty()) return current.fallback;
        String name = HostPattern.normalise(sni);
        KeyAndChain exact = current.byName.get(name);
        if (exact != null) return exact;
        int dot = name.indexOf('.');
        KeyAndChain wildcard = dot > 0 ? current.byName.get("*" + name.substring(dot)) : null;
        return wildcard != null ? wildcard : current.fallback;
    }

    public List<Entry> entries() {
        return index.entries;
    }
}
