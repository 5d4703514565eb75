package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.AnycastPlan.Family;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a router says (RFC 4271 §4). */
sealed interface BgpMessage {
    int OPEN = 1;
    int UPDATE = 2;
    int NOTIFICATION = 3;
    int KEEPALIVE = 4;
    int ROUTE_REFRESH = 5;

    /** Marker, length and type. */
    int HEADER_BYTES = 19;

    int MAX_BYTES = 4096;

    /**
     * @param remoteAs of the capability of four octets (RFC 6793), else of the field of two
     * @param holdSeconds 0: no keepalives
     * @param families that the router takes; IPv4 alone when it names none (RFC 4760 §8)
     */
    record Open(
            long remoteAs,
            int holdSeconds,
            Inet4Address routerId,
            Set<Family> families,
            boolean fourOctetAs,
            boolean routeRefresh)
            implements BgpMessage {
        public Open {
            families = Set.copyOf(families);
        }
    }

    /** Routes of others: well formed as far as RFC 7606 resets a session for, and not kept. */
    record Update() implements BgpMessage {}

    record Keepalive() implements BgpMessage {}

    /** RFC 2918; null: of a family that is not ours. */
    record RouteRefresh(@Nullable Family family) implements BgpMessage {}

    /** Why a session ends (RFC 4271 §4.5); {@code data} is not to be changed. */
    record Notification(int code, int subcode, byte[] data) implements BgpMessage {
        static final int HEADER_ERROR = 1;
        static final int OPEN_ERROR = 2;
        static final int UPDATE_ERROR = 3;
        static final int HOLD_TIMER_EXPIRED = 4;
        static final int STATE_ERROR = 5;
        static final int CEASE = 6;

        /** RFC 4486. */
        static final int ADMINISTRATIVE_SHUTDOWN = 2;

        static final int ADMINISTRATIVE_RESET = 4;

        private static final int SHUTDOWN_TEXT_BYTES = 255;

        /** Cease with a shutdown communication (RFC 9003); text beyond 255 bytes of UTF-8 is cut between characters. */
        static Notification shutdown(String text) {
            ByteBuffer utf8 = ByteBuffer.allocate(1 + SHUTDOWN_TEXT_BYTES).position(1);
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), utf8, true);
            utf8.put(0, (byte) (utf8.position() - 1)).flip();
            byte[] data = new byte[utf8.remaining()];
            utf8.get(data);
            return new Notification(CEASE, ADMINISTRATIVE_SHUTDOWN, data);
        }

        /** The shutdown communication, its control characters as spaces; null: none, or none that can be read. */
        @Nullable
        String shutdownText() {
            if (code != CEASE || subcode != ADMINISTRATIVE_SHUTDOWN && subcode != ADMINISTRATIVE_RESET) return null;
            if (data.length < 2 || (data[0] & 0xff) != data.length - 1) return null;
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(data, 1, data.length - 1))
                        .toString()
                        .replaceAll("\\p{C}", " ");
            } catch (CharacterCodingException e) {
                return null;
            }
        }

        /** For operators, such as {@code cease: administrative shutdown, "moving racks"}. */
        String sentence() {
            String what = switch (code) {
                case HEADER_ERROR -> "message header error" + named(HEADER_SUBCODES);
                case OPEN_ERROR -> "OPEN error" + named(OPEN_SUBCODES);
                case UPDATE_ERROR -> "UPDATE error, subcode " + subcode;
                case HOLD_TIMER_EXPIRED -> "hold timer expired";
                case STATE_ERROR -> "message not expected in this state";
                case CEASE -> "cease" + named(CEASE_SUBCODES);
                default -> "error " + code + ", subcode " + subcode;
            };
            String text = shutdownText();
            return text == null ? what : what + ", \"" + text + "\"";
        }

        private String named(String[] subcodes) {
            if (subcode == 0) return "";
            return subcode < subcodes.length && !subcodes[subcode].isEmpty()
                    ? ": " + subcodes[subcode]
                    : ", subcode " + subcode;
        }

        private static final String[] HEADER_SUBCODES = {
            "", "connection not synchronized", "bad message length", "bad message type"
        };
        private static final String[] OPEN_SUBCODES = {
            "",
            "unsupported version",
            "bad peer AS",
            "bad BGP identifier",
            "unsupported optional parameter",
            "",
            "unacceptable hold time",
            "unsupported capability"
        };
        private static final String[] CEASE_SUBCODES = {
            "",
            "maximum number of prefixes reached",
            "administrative shutdown",
            "peer de-configured",
            "administrative reset",
            "connection rejected",
            "other configuration change",
            "connection collision resolution",
            "out of resources",
            "hard reset",
            "BFD down"
        };
    }
}
