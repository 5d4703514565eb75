package dev.sixgate.edge.networkpolicy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Ports of TCP, of UDP or of both, as ranges. Immutable. */
public final class PortSet {
    public static final PortSet ALL = new PortSet(List.of());

    /** What a flow is made of, in the field's number (RFC 8200 §3, next header). */
    public enum Protocol {
        TCP(6),
        UDP(17);

        private final int number;

        Protocol(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        /** As in files: lower case. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param protocols at least one
     * @param first 1 to 65535, as {@code last}
     */
    public record Range(List<Protocol> protocols, int first, int last) {
        public Range {
            protocols = List.copyOf(protocols);
            if (protocols.isEmpty() || first < 1 || last > 65_535 || first > last)
                throw new IllegalArgumentException("ports " + first + " to " + last + " of " + protocols);
        }

        boolean contains(Protocol protocol, int port) {
            return port >= first && port <= last && protocols.contains(protocol);
        }

        @Override
        public String toString() {
            return (first == last ? Integer.toString(first) : first == 1 && last == 65_535 ? "any" : first + "–" + last)
                    + (protocols.size() == 1 ? "/" + protocols.getFirst().word() : "");
        }
    }

    private final List<Range> ranges;

    private PortSet(List<Range> ranges) {
        this.ranges = ranges;
    }

    /** @param ranges empty: every port */
    public static PortSet of(List<Range> ranges) {
        return ranges.isEmpty() ? ALL : new PortSet(List.copyOf(ranges));
    }

    boolean contains(Protocol protocol, int port) {
        if (ranges.isEmpty()) return true;
        // As few as people write down: a search would be slower.
        for (int i = 0; i < ranges.size(); i++) if (ranges.get(i).contains(protocol, port)) return true;
        return false;
    }

    boolean isAll() {
        return ranges.isEmpty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PortSet set && ranges.equals(set.ranges);
    }

    @Override
    public int hashCode() {
        return ranges.hashCode();
    }

    /** Such as {@code 8080/tcp, 7000–7009}. */
    @Override
    public String toString() {
        List<String> texts = new ArrayList<>();
        for (Range range : ranges) texts.add(range.toString());
        return texts.isEmpty() ? "any" : String.join(", ", texts);
    }
}
