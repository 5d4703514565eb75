package dev.sixgate.edge.dns;

import dev.sixgate.edge.explain.AddressText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A name looked up as the server would, without a message.
 *
 * @param status {@code NOERROR}, {@code NXDOMAIN}, or {@code REFUSED} for what is not ours
 * @param zone null: none of ours
 * @param records as a zone file has them, such as {@code fdaa::2} of an AAAA record
 */
public record Lookup(
        String name, String type, String status, @Nullable String zone, List<String> records) {
    /** What is looked up where the operator's file says nothing. */
    public static final Set<String> DEFAULT_ZONES = Set.of("internal", "flycast", "cluster.local");

    public static final List<String> TYPES = List.of("AAAA", "A", "TXT", "SRV", "PTR");

    public static Lookup of(@Nullable DnsSettings settings, Workloads workloads, String name, String type) {
        DnsSettings known = settings == null ? new DnsSettings(List.of(), 0, DEFAULT_ZONES, List.of()) : settings;
        Authority authority = new Authority(DnsServer.zones(known, workloads), 0);
        String asked = name.toLowerCase(Locale.ROOT);
        if (asked.endsWith(".")) asked = asked.substring(0, asked.length() - 1);
        Zone zone = authority.zone(asked);
        if (zone == null) return new Lookup(asked, type, "REFUSED", null, List.of());
        int below = asked.length() - zone.origin().length() - 1;
        RecordSet found = zone.find(below < 0 ? "" : asked.substring(0, below));
        if (found == null) return new Lookup(asked, type, "NXDOMAIN", zone.origin(), List.of());
        return new Lookup(asked, type, "NOERROR", zone.origin(), records(found, type));
    }

    private static List<String> records(RecordSet found, String type) {
        List<String> lines = new ArrayList<>();
        switch (type) {
            case "AAAA" -> found.addresses().forEach(each -> lines.add(AddressText.of(each)));
            case "TXT" -> found.texts().forEach(each -> lines.add('"' + each + '"'));
            case "SRV" ->
                found.services().forEach(each -> lines.add("0 100 " + each.port() + " " + each.target() + "."));
            case "PTR" -> found.pointers().forEach(each -> lines.add(each + "."));
            default -> {} // no name of ours has an IPv4 address
        }
        return lines;
    }
}
