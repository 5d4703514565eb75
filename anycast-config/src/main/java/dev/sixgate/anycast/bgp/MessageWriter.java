package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.Prefix;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Messages to bytes. Each buffer returned is the caller's. */
final class MessageWriter {
    /** Stands for what does not fit two octets (RFC 6793 §9). */
    static final int AS_TRANS = 23456;

    private static final int WELL_KNOWN = 0x40;
    private static final int OPTIONAL = 0x80;
    private static final int OPTIONAL_TRANSITIVE = 0xc0;
    private static final int EXTENDED_LENGTH = 0x10;

    private static final int ORIGIN = 1;
    private static final int AS_PATH = 2;
    private static final int NEXT_HOP = 3;
    private static final int MED = 4;
    private static final int LOCAL_PREF = 5;
    private static final int COMMUNITIES = 8;
    private static final int MP_REACH = 14;
    private static final int MP_UNREACH = 15;
    private static final int AS4_PATH = 17;

    private static final int AS_SEQUENCE = 2;

    private MessageWriter() {}

    static ByteBuffer open(SessionSettings settings) {
        ByteBuffer out = begin(BgpMessage.OPEN);
        out.put((byte) MessageReader.VERSION)
                .putShort((short) twoOctets(settings.localAs()))
                .putShort((short) settings.holdSeconds())
                .put(settings.routerId().getAddress());
        byte[] capabilities = capabilities(settings);
        out.put((byte) (capabilities.length + 2))
                .put((byte) MessageReader.PARAMETER_CAPABILITIES)
                .put((byte) capabilities.length)
                .put(capabilities);
        return end(out);
    }

    private static byte[] capabilities(SessionSettings settings) {
        ByteBuffer out = ByteBuffer.allocate(64).put(multiprotocol(settings.families()));
        out.put((byte) MessageReader.CAPABILITY_ROUTE_REFRESH).put((byte) 0);
        out.put((byte) MessageReader.CAPABILITY_FOUR_OCTET_AS).put((byte) 4).putInt((int) settings.localAs());
        return written(out);
    }

    /** The capabilities of RFC 4760 §8, as an OPEN and the refusal of one carry them (RFC 5492 §5). */
    static byte[] multiprotocol(Set<Family> families) {
        ByteBuffer out = ByteBuffer.allocate(6 * families.size());
        for (Family family : Family.values())
            if (families.contains(family))
                out.put((byte) MessageReader.CAPABILITY_MULTIPROTOCOL)
                        .put((byte) 4)
                        .putShort((short) afi(family))
                        .put((byte) 0)
                        .put((byte) MessageReader.SAFI_UNICAST);
        return written(out);
    }

    static ByteBuffer keepalive() {
        return end(begin(BgpMessage.KEEPALIVE));
    }

    static ByteBuffer notification(BgpMessage.Notification notification) {
        byte[] data = notification.data();
        int fits = Math.min(data.length, BgpMessage.MAX_BYTES - BgpMessage.HEADER_BYTES - 2);
        return end(begin(BgpMessage.NOTIFICATION)
                .put((byte) notification.code())
                .put((byte) notification.subcode())
                .put(data, 0, fits));
    }

    /**
     * RFC 4271 §4.3 for IPv4, RFC 4760 §3 for IPv6.
     *
     * @param prefixes of {@code family}; not empty, and not more than an {@link Announcement} holds
     * @param fourOctetAs what the router said of itself
     */
    static ByteBuffer announce(
            Family family,
            List<Prefix> prefixes,
            Announcement announcement,
            SessionSettings settings,
            boolean fourOctetAs) {
        ByteBuffer out = begin(BgpMessage.UPDATE).putShort((short) 0);
        int lengthAt = out.position();
        out.putShort((short) 0);
        if (family == Family.IPV6) mpReach(out, prefixes, Objects.requireNonNull(settings.nextHopIpv6()));
        attribute(out, WELL_KNOWN, ORIGIN, new byte[] {0});
        paths(out, announcement, settings, fourOctetAs);
        if (family == Family.IPV4)
            attribute(
                    out,
                    WELL_KNOWN,
                    NEXT_HOP,
                    Objects.requireNonNull(settings.nextHopIpv4()).getAddress());
        Long med = announcement.med();
        if (med != null) attribute(out, OPTIONAL, MED, fourBytes(med));
        if (settings.sameAs()) attribute(out, WELL_KNOWN, LOCAL_PREF, fourBytes(announcement.localPreference()));
        communities(out, announcement.communities());
        out.putShort(lengthAt, (short) (out.position() - lengthAt - 2));
        if (family == Family.IPV4) prefixes(out, prefixes);
        return end(out);
    }

    /** @param prefixes none: the end of what we tell at first (RFC 4724 §2) */
    static ByteBuffer withdraw(Family family, Collection<Prefix> prefixes) {
        ByteBuffer out = begin(BgpMessage.UPDATE);
        ByteBuffer list = ByteBuffer.allocate(prefixes.size() * 17 + 3);
        if (family == Family.IPV6) list.putShort((short) MessageReader.AFI_IPV6).put((byte) MessageReader.SAFI_UNICAST);
        prefixes(list, prefixes);
        byte[] bytes = written(list);
        if (family == Family.IPV4)
            return end(out.putShort((short) bytes.length).put(bytes).putShort((short) 0));
        out.putShort((short) 0);
        int lengthAt = out.position();
        attribute(out.putShort((short) 0), OPTIONAL, MP_UNREACH, bytes);
        return end(out.putShort(lengthAt, (short) (out.position() - lengthAt - 2)));
    }

    private static void mpReach(ByteBuffer out, List<Prefix> prefixes, InetAddress nextHop) {
        ByteBuffer value = ByteBuffer.allocate(21 + 17 * prefixes.size());
        value.putShort((short) MessageReader.AFI_IPV6).put((byte) MessageReader.SAFI_UNICAST);
        value.put((byte) 16).put(nextHop.getAddress()).put((byte) 0);
        prefixes(value, prefixes);
        attribute(out, OPTIONAL, MP_REACH, written(value));
    }

    /** AS_PATH, and AS4_PATH when the router does not know four octets and ours needs them (RFC 6793 §4.2.2). */
    private static void paths(
            ByteBuffer out, Announcement announcement, SessionSettings settings, boolean fourOctetAs) {
        int length = settings.sameAs() ? 0 : 1 + announcement.prepend();
        attribute(out, WELL_KNOWN, AS_PATH, path(length, settings.localAs(), fourOctetAs));
        if (!fourOctetAs && length > 0 && settings.localAs() > 0xffff)
            attribute(out, OPTIONAL_TRANSITIVE, AS4_PATH, path(length, settings.localAs(), true));
    }

    private static byte[] path(int length, long as, boolean fourOctets) {
        if (length == 0) return new byte[0];
        ByteBuffer out =
                ByteBuffer.allocate(2 + 4 * length).put((byte) AS_SEQUENCE).put((byte) length);
        for (int i = 0; i < length; i++) {
            if (fourOctets) out.putInt((int) as);
            else out.putShort((short) twoOctets(as));
        }
        return written(out);
    }

    /** RFC 1997. */
    private static void communities(ByteBuffer out, List<Community> communities) {
        if (communities.isEmpty()) return;
        ByteBuffer value = ByteBuffer.allocate(4 * communities.size());
        for (Community community : communities)
            value.putShort((short) community.high()).putShort((short) community.low());
        attribute(out, OPTIONAL_TRANSITIVE, COMMUNITIES, written(value));
    }

    private static void prefixes(ByteBuffer out, Collection<Prefix> prefixes) {
        for (Prefix prefix : prefixes)
            out.put((byte) prefix.length()).put(prefix.address().getAddress(), 0, (prefix.length() + 7) / 8);
    }

    private static void attribute(ByteBuffer out, int flags, int type, byte[] value) {
        boolean extended = value.length > 255;
        out.put((byte) (extended ? flags | EXTENDED_LENGTH : flags)).put((byte) type);
        if (extended) out.putShort((short) value.length);
        else out.put((byte) value.length);
        out.put(value);
    }

    private static ByteBuffer begin(int type) {
        ByteBuffer out = ByteBuffer.allocate(BgpMessage.MAX_BYTES);
        return out.putLong(-1).putLong(-1).putShort((short) 0).put((byte) type);
    }

    private static ByteBuffer end(ByteBuffer out) {
        return out.putShort(16, (short) out.position()).flip();
    }

    private static byte[] written(ByteBuffer out) {
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }

    private static byte[] fourBytes(long value) {
        return ByteBuffer.allocate(4).putInt((int) value).array();
    }

    private static int twoOctets(long as) {
        return as > 0xffff ? AS_TRANS : (int) as;
    }

    private static int afi(Family family) {
        return switch (family) {
            case IPV4 -> MessageReader.AFI_IPV4;
            case IPV6 -> MessageReader.AFI_IPV6;
        };
    }
}
