package dev.sixgate.anycast.bgp;

import static dev.sixgate.anycast.bgp.BgpMessage.Notification.HEADER_ERROR;
import static dev.sixgate.anycast.bgp.BgpMessage.Notification.OPEN_ERROR;
import static dev.sixgate.anycast.bgp.BgpMessage.Notification.UPDATE_ERROR;

import dev.sixgate.anycast.AnycastPlan.Family;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A stream of bytes to messages (RFC 4271 §4 and §6). Keeps one message of 4,096 bytes at most. */
final class MessageReader {
    static final int VERSION = 4;
    static final int AFI_IPV4 = 1;
    static final int AFI_IPV6 = 2;
    static final int SAFI_UNICAST = 1;

    static final int PARAMETER_CAPABILITIES = 2;
    static final int CAPABILITY_MULTIPROTOCOL = 1;
    static final int CAPABILITY_ROUTE_REFRESH = 2;
    static final int CAPABILITY_FOUR_OCTET_AS = 65;

    /** RFC 9072: lengths of two octets follow. */
    private static final int EXTENDED_PARAMETERS = 255;

    private static final int MALFORMED_ATTRIBUTES = 1;
    private static final int INVALID_NETWORK = 10;

    private final ByteBuffer held = ByteBuffer.allocate(BgpMessage.MAX_BYTES);

    void reset() {
        held.clear();
    }

    /**
     * @param bytes borrowed; read up to the end of a message, or to their end
     * @return null when more bytes are needed
     * @throws BgpFault when the session is over; this reader is not to be used before {@link #reset}
     */
    @Nullable
    BgpMessage read(ByteBuffer bytes) throws BgpFault {
        fill(bytes, BgpMessage.HEADER_BYTES);
        for (int i = 0; i < Math.min(held.position(), 16); i++)
            if (held.get(i) != (byte) 0xff) throw new BgpFault(HEADER_ERROR, 1);
        if (held.position() < BgpMessage.HEADER_BYTES) return null;
        int length = held.getShort(16) & 0xffff;
        int type = held.get(18);
        if (type < BgpMessage.OPEN || type > BgpMessage.ROUTE_REFRESH) throw new BgpFault(HEADER_ERROR, 3, (byte) type);
        if (!fits(type, length)) throw new BgpFault(HEADER_ERROR, 2, held.get(16), held.get(17));
        fill(bytes, length);
        if (held.position() < length) return null;
        ByteBuffer body = held.slice(BgpMessage.HEADER_BYTES, length - BgpMessage.HEADER_BYTES);
        held.clear();
        return switch (type) {
            case BgpMessage.OPEN -> open(body);
            case BgpMessage.UPDATE -> update(body);
            case BgpMessage.NOTIFICATION -> notification(body);
            case BgpMessage.KEEPALIVE -> new BgpMessage.Keepalive();
            default -> routeRefresh(body);
        };
    }

    private void fill(ByteBuffer bytes, int length) {
        int taken = Math.min(bytes.remaining(), length - held.position());
        if (taken <= 0) return;
        held.put(bytes.slice(bytes.position(), taken));
        bytes.position(bytes.position() + taken);
    }

    private static boolean fits(int type, int length) {
        return length <= BgpMessage.MAX_BYTES
                && switch (type) {
                    case BgpMessage.OPEN -> length >= 29;
                    case BgpMessage.UPDATE -> length >= 23;
                    case BgpMessage.NOTIFICATION -> length >= 21;
                    case BgpMessage.KEEPALIVE -> length == BgpMessage.HEADER_BYTES;
                    default -> length == 23;
                };
    }

    /** RFC 4271 §4.2 and §6.2; capabilities of RFC 5492. */
    private static BgpMessage open(ByteBuffer body) throws BgpFault {
        if (body.get() != VERSION) throw new BgpFault(OPEN_ERROR, 1, (byte) 0, (byte) VERSION);
        long as = body.getShort() & 0xffff;
        int holdSeconds = body.getShort() & 0xffff;
        byte[] id = new byte[4];
        body.get(id);
        Inet4Address routerId = address(id);
        if (holdSeconds == 1 || holdSeconds == 2) throw new BgpFault(OPEN_ERROR, 6);
        int length = body.get() & 0xff;
        boolean extended =
                length == EXTENDED_PARAMETERS && body.hasRemaining() && body.get(body.position()) == (byte) 255;
        if (extended) {
            body.get();
            length = size(body, true);
        }
        if (length != body.remaining()) throw new BgpFault(OPEN_ERROR, 0);
        Capabilities capabilities = new Capabilities();
        while (body.hasRemaining()) {
            int parameter = body.get() & 0xff;
            ByteBuffer value = part(body, size(body, extended));
            if (parameter != PARAMETER_CAPABILITIES) throw new BgpFault(OPEN_ERROR, 4);
            while (value.hasRemaining()) {
                int code = value.get() & 0xff;
                capabilities.add(code, part(value, size(value, false)));
            }
        }
        if (capabilities.fourOctetAs >= 0) as = capabilities.fourOctetAs;
        if (as == 0) throw new BgpFault(OPEN_ERROR, 2);
        if (Arrays.equals(id, new byte[4])) throw new BgpFault(OPEN_ERROR, 3);
        Set<Family> families = capabilities.multiprotocol ? capabilities.families : Set.of(Family.IPV4);
        return new BgpMessage.Open(
                as, holdSeconds, routerId, families, capabilities.fourOctetAs >= 0, capabilities.routeRefresh);
    }

    private static final class Capabilities {
        final Set<Family> families = EnumSet.noneOf(Family.class);
        boolean multiprotocol;
        boolean routeRefresh;
        long fourOctetAs = -1;

        void add(int code, ByteBuffer value) throws BgpFault {
            switch (code) {
                case CAPABILITY_MULTIPROTOCOL -> {
                    if (value.remaining() != 4) throw new BgpFault(OPEN_ERROR, 0);
                    multiprotocol = true;
                    Family family = family(value.getShort(0) & 0xffff, value.get(3) & 0xff);
                    if (family != null) families.add(family);
                }
                case CAPABILITY_ROUTE_REFRESH -> routeRefresh = true;
                case CAPABILITY_FOUR_OCTET_AS -> {
                    if (value.remaining() != 4) throw new BgpFault(OPEN_ERROR, 0);
                    fourOctetAs = value.getInt(0) & 0xffff_ffffL;
                }
                default -> {} // RFC 5492 §3: what is not known is passed over
            }
        }
    }

    private static int size(ByteBuffer body, boolean extended) throws BgpFault {
        if (body.remaining() < (extended ? 2 : 1)) throw new BgpFault(OPEN_ERROR, 0);
        return extended ? body.getShort() & 0xffff : body.get() & 0xff;
    }

    private static ByteBuffer part(ByteBuffer body, int length) throws BgpFault {
        if (length > body.remaining()) throw new BgpFault(OPEN_ERROR, 0);
        ByteBuffer part = body.slice(body.position(), length);
        body.position(body.position() + length);
        return part;
    }

    /** RFC 7606 §3 and §5.3: lengths that do not add up and prefixes that are none end a session; all else is a withdrawal, and we keep no route. */
    private static BgpMessage update(ByteBuffer body) throws BgpFault {
        int withdrawn = body.getShort() & 0xffff;
        if (withdrawn + 2 > body.remaining()) throw new BgpFault(UPDATE_ERROR, MALFORMED_ATTRIBUTES);
        checkPrefixes(body.slice(body.position(), withdrawn));
        body.position(body.position() + withdrawn);
        int attributes = body.getShort() & 0xffff;
        if (attributes > body.remaining()) throw new BgpFault(UPDATE_ERROR, MALFORMED_ATTRIBUTES);
        checkPrefixes(body.position(body.position() + attributes));
        return new BgpMessage.Update();
    }

    private static void checkPrefixes(ByteBuffer prefixes) throws BgpFault {
        while (prefixes.hasRemaining()) {
            int bits = prefixes.get() & 0xff;
            int bytes = (bits + 7) / 8;
            if (bits > 32 || bytes > prefixes.remaining()) throw new BgpFault(UPDATE_ERROR, INVALID_NETWORK);
            prefixes.position(prefixes.position() + bytes);
        }
    }

    private static BgpMessage notification(ByteBuffer body) {
        int code = body.get() & 0xff;
        int subcode = body.get() & 0xff;
        byte[] data = new byte[body.remaining()];
        body.get(data);
        return new BgpMessage.Notification(code, subcode, data);
    }

    private static BgpMessage routeRefresh(ByteBuffer body) {
        return new BgpMessage.RouteRefresh(family(body.getShort(0) & 0xffff, body.get(3) & 0xff));
    }

    private static @Nullable Family family(int afi, int safi) {
        if (safi != SAFI_UNICAST) return null;
        return switch (afi) {
            case AFI_IPV4 -> Family.IPV4;
            case AFI_IPV6 -> Family.IPV6;
            default -> null;
        };
    }

    private static Inet4Address address(byte[] four) {
        try {
            return (Inet4Address) InetAddress.getByAddress(four);
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes", e);
        }
    }
}
