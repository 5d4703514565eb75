package dev.sixgate.edge.networkpolicy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Addresses as sorted ranges that do not touch: one binary search tells whether an address is among them, and each prefix costs
 * 32 bytes at most twice over. IPv4 stands as {@code ::ffff:0:0/96}. Immutable.
 */
public final class AddressSet {
    /** The place of IPv4 among IPv6 addresses (RFC 4291 §2.5.5.2). */
    public static final Ipv6Prefix IPV4 = Ipv6Prefix.parse("::ffff:0:0/96");

    public static final AddressSet NONE = new AddressSet(List.of());

    /** Every address of both families. */
    public static final AddressSet ALL = of(List.of(new Ipv6Prefix(Ipv6Address.UNSPECIFIED, 0)), List.of());

    /** IPv4, and what IPv6 routes globally (RFC 4291 §2.4, IANA's 2000::/3). */
    public static final AddressSet PUBLIC = of(List.of(IPV4, Ipv6Prefix.parse("2000::/3")), List.of());

    private static final int WORDS = 4; // first high, first low, last high, last low

    private record Range(Ipv6Address first, Ipv6Address last) {
        static Range of(Ipv6Prefix prefix) {
            int length = prefix.length();
            long high = length >= 64 ? 0 : -1L >>> length;
            long low = length == 128 ? 0 : length <= 64 ? -1L : -1L >>> (length - 64);
            Ipv6Address first = prefix.address();
            return new Range(first, new Ipv6Address(first.high() | high, first.low() | low));
        }
    }

    private final long[] words;

    private AddressSet(List<Range> ranges) {
        words = new long[ranges.size() * WORDS];
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            words[i * WORDS] = range.first.high();
            words[i * WORDS + 1] = range.first.low();
            words[i * WORDS + 2] = range.last.high();
            words[i * WORDS + 3] = range.last.low();
        }
    }

    /** @param except taken out again, whichever of the prefixes held them */
    public static AddressSet of(List<Ipv6Prefix> prefixes, List<Ipv6Prefix> except) {
        return new AddressSet(without(merged(prefixes), merged(except)));
    }

    public static AddressSet union(AddressSet one, AddressSet other) {
        List<Range> both = new ArrayList<>(one.ranges());
        both.addAll(other.ranges());
        return new AddressSet(joined(both));
    }

    /** An IPv4 or IPv6 address as one of the set's. */
    public static Ipv6Address key(InetAddress address) {
        if (address instanceof Inet6Address six) return Ipv6Address.of(six);
        byte[] four = ((Inet4Address) address).getAddress();
        long low = 0;
        for (byte each : four) low = low << 8 | each & 0xff;
        return new Ipv6Address(IPV4.address().high(), IPV4.address().low() | low);
    }

    /** A prefix of a set as people write it; an address alone without its length. */
    public static String text(Ipv6Prefix prefix) {
        boolean four = IPV4.contains(prefix);
        String length = "/" + (prefix.length() - (four ? IPV4.length() : 0));
        return text(prefix.address()) + (prefix.length() == 128 ? "" : length);
    }

    /** An address of the set as people write it. */
    public static String text(Ipv6Address address) {
        if (!IPV4.contains(address)) return address.toString();
        long low = address.low();
        return (low >>> 24 & 255) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255);
    }

    private List<Range> ranges() {
        List<Range> ranges = new ArrayList<>();
        for (int at = 0; at < words.length; at += WORDS)
            ranges.add(new Range(
                    new Ipv6Address(words[at], words[at + 1]), new Ipv6Address(words[at + 2], words[at + 3])));
        return ranges;
    }

    private static List<Range> merged(List<Ipv6Prefix> prefixes) {
        return joined(prefixes.stream().map(Range::of).toList());
    }

    private static List<Range> joined(List<Range> ranges) {
        List<Range> sorted = ranges.stream()
                .sorted(Comparator.comparing(Range::first, AddressSet::compare))
                .toList();
        List<Range> merged = new ArrayList<>();
        for (Range range : sorted) {
            Range before = merged.isEmpty() ? null : merged.getLast();
            if (before == null || compare(before.last, range.first) < 0) merged.add(range);
            else if (compare(before.last, range.last) < 0) {
                merged.removeLast();
                merged.add(new Range(before.first, range.last));
            }
        }
        return merged;
    }

    private static List<Range> without(List<Range> ranges, List<Range> holes) {
        List<Range> left = new ArrayList<>();
        int from = 0;
        for (Range range : ranges) {
            Ipv6Address start = range.first;
            boolean more = true;
            while (from < holes.size() && compare(holes.get(from).last, start) < 0) from++;
            for (int i = from; more && i < holes.size(); i++) {
                Range hole = holes.get(i);
                if (compare(hole.first, range.last) > 0) break;
                if (compare(start, hole.first) < 0) left.add(new Range(start, before(hole.first)));
                more = compare(hole.last, range.last) < 0;
                start = after(hole.last);
            }
            if (more) left.add(new Range(start, range.last));
        }
        return left;
    }

    private static Ipv6Address before(Ipv6Address address) {
        return new Ipv6Address(address.high() - (address.low() == 0 ? 1 : 0), address.low() - 1);
    }

    private static Ipv6Address after(Ipv6Address address) {
        return new Ipv6Address(address.high() + (address.low() == -1 ? 1 : 0), address.low() + 1);
    }

    private static int compare(Ipv6Address a, Ipv6Address b) {
        return a.compareTo(b);
    }

    public boolean contains(Ipv6Address address) {
        int low = 0;
        int high = words.length / WORDS - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            if (compare(words[middle * WORDS], words[middle * WORDS + 1], address) > 0) high = middle - 1;
            else if (compare(words[middle * WORDS + 2], words[middle * WORDS + 3], address) < 0) low = middle + 1;
            else return true;
        }
        return false;
    }

    private static int compare(long high, long low, Ipv6Address address) {
        int first = Long.compareUnsigned(high, address.high());
        return first != 0 ? first : Long.compareUnsigned(low, address.low());
    }

    public boolean overlaps(AddressSet other) {
        List<Range> theirs = other.ranges();
        int next = 0;
        for (Range mine : ranges()) {
            while (next < theirs.size() && compare(theirs.get(next).last, mine.first) < 0) next++;
            if (next < theirs.size() && compare(theirs.get(next).first, mine.last) <= 0) return true;
        }
        return false;
    }

    public boolean isEmpty() {
        return words.length == 0;
    }

    /** Ranges held, each of one address or more. */
    int size() {
        return words.length / WORDS;
    }

    /** The range's only address; null: it has more. */
    @Nullable
    Ipv6Address single(int index) {
        int at = index * WORDS;
        return words[at] == words[at + 2] && words[at + 1] == words[at + 3]
                ? new Ipv6Address(words[at], words[at + 1])
                : null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressSet set && Arrays.equals(words, set.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }
}
