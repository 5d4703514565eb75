package dev.sixgate.certs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds a certificate by SNI: the exact name, then the wildcard of its parent, then the default; where a name has keys of
 * several types, the one that the client can check and that costs us least. Swapped whole and at once; readers never wait, and
 * a handshake under way keeps what it found. Any thread.
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

    /**
     * @param byName at least one each, of different key types, the preferred one first
     * @param fallback likewise; empty: there is no entry
     */
    private record Index(Map<String, List<KeyAndChain>> byName, List<KeyAndChain> fallback, List<Entry> entries) {}

    private volatile Index index = new Index(Map.of(), List.of(), List.of());

    /** Replaces everything; where two entries have one name and one type of key the first wins. The first entry is the default. */
    public void replace(List<Entry> entries) {
        Map<String, List<KeyAndChain>> byName = new LinkedHashMap<>();
        for (Entry entry : entries)
            for (String name : entry.effectiveNames())
                add(byName.computeIfAbsent(HostPattern.normalise(name), _ -> new ArrayList<>(1)), entry.certificate());
        byName.replaceAll((_, several) -> preferred(several));
        index = new Index(Map.copyOf(byName), fallback(entries, byName), List.copyOf(entries));
    }

    private static void add(List<KeyAndChain> several, KeyAndChain certificate) {
        for (KeyAndChain known : several) if (known.keyType() == certificate.keyType()) return;
        several.add(certificate);
    }

    private static List<KeyAndChain> preferred(List<KeyAndChain> several) {
        return several.stream()
                .sorted(Comparator.comparing(KeyAndChain::keyType))
                .toList();
    }

    /** The first entry, and what stands beside it for its first name. */
    private static List<KeyAndChain> fallback(List<Entry> entries, Map<String, List<KeyAndChain>> byName) {
        if (entries.isEmpty()) return List.of();
        Entry first = entries.getFirst();
        List<KeyAndChain> several = new ArrayList<>(List.of(first.certificate()));
        if (!first.effectiveNames().isEmpty())
            for (KeyAndChain beside :
                    byName.get(HostPattern.normalise(first.effectiveNames().getFirst()))) add(several, beside);
        return preferred(several);
    }

    /** @param sni as the client sent it, or null when it named no host; null is returned only by an empty store */
    public @Nullable KeyAndChain find(@Nullable String sni) {
        return find(sni, _ -> true);
    }

    /**
     * @param accepted whether the client can check signatures of such a key; when it accepts none of those there are it gets the
     *     preferred one all the same, and says itself what it lacks
     */
    public @Nullable KeyAndChain find(@Nullable String sni, Predicate<KeyType> accepted) {
        List<KeyAndChain> several = named(sni);
        if (several.isEmpty()) return null;
        if (several.size() > 1) for (KeyAndChain one : several) if (accepted.test(one.keyType())) return one;
        return several.getFirst();
    }

    private List<KeyAndChain> named(@Nullable String sni) {
        Index current = index;
        if (sni == null || sni.isEmpty()) return current.fallback;
        String name = HostPattern.normalise(sni);
        List<KeyAndChain> exact = current.byName.get(name);
        if (exact != null) return exact;
        int dot = name.indexOf('.');
        List<KeyAndChain> wildcard = dot > 0 ? current.byName.get("*" + name.substring(dot)) : null;
        return wildcard != null ? wildcard : current.fallback;
    }

    public List<Entry> entries() {
        return index.entries;
    }
}
