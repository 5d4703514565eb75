package dev.sixgate.edge.dns;

import java.net.Inet6Address;
import java.util.List;

/**
 * What a name has. Empty: the name exists, and has no record (NODATA).
 *
 * @param texts each a record of its own; longer ones are cut into strings of 255 bytes
 */
record RecordSet(List<Inet6Address> addresses, List<String> texts, List<Service> services, List<String> pointers) {
    static final RecordSet EMPTY = new RecordSet(List.of(), List.of(), List.of(), List.of());

    /** SRV (RFC 2782). */
    record Service(int port, String target) {}

    RecordSet {
        addresses = List.copyOf(addresses);
        texts = List.copyOf(texts);
        services = List.copyOf(services);
        pointers = List.copyOf(pointers);
    }

    /** About what it takes in memory beside its addresses' own objects, which the workloads have. */
    int bytes() {
        int bytes = 8 * addresses.size();
        for (String text : texts) bytes += 2 * text.length();
        for (Service service : services) bytes += 32 + 2 * service.target.length();
        for (String pointer : pointers) bytes += 2 * pointer.length();
        return bytes;
    }

    static RecordSet addresses(List<Inet6Address> addresses) {
        return new RecordSet(addresses, List.of(), List.of(), List.of());
    }

    static RecordSet text(String text) {
        return new RecordSet(List.of(), List.of(text), List.of(), List.of());
    }
}
