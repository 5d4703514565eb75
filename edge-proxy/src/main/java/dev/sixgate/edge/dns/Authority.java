package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.Question.Flaw;
import dev.sixgate.edge.dns.Question.Read;
import io.netty.buffer.ByteBuf;
import java.net.Inet6Address;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Answers of the names that we are the authority for. Bytes in, bytes out; any thread. An IPv6-only name that is asked for its A
 * records has none (NOERROR, no answer): NXDOMAIN would tell stub resolvers that ask for both that there is no AAAA either.
 */
final class Authority {
    static final int A = 1;
    static final int NS = 2;
    static final int SOA = 6;
    static final int PTR = 12;
    static final int HINFO = 13;
    static final int TXT = 16;
    static final int AAAA = 28;
    static final int SRV = 33;
    static final int OPT = 41;
    private static final int TKEY = 249;
    static final int IXFR = 251;
    static final int AXFR = 252;
    static final int ANY = 255;
    static final int IN = 1;

    static final int NOERROR = 0;
    static final int FORMERR = 1;
    static final int SERVFAIL = 2;
    static final int NXDOMAIN = 3;
    static final int NOTIMP = 4;
    static final int REFUSED = 5;
    private static final int BADVERS = 16;

    /** Fits any path without fragments (the DNS flag day of 2020). */
    static final int MAX_UDP_BYTES = 1232;

    static final int MAX_TCP_BYTES = 65_535;

    private static final int TTL_SECONDS = 5;
    /** How long a client may remember that there is no such name: new ones appear at any time. */
    private static final int NEGATIVE_TTL_SECONDS = 5;

    private static final int RESPONSE = 0x8000;
    static final int AUTHORITATIVE = 0x0400;
    private static final int TRUNCATED = 0x0200;
    static final int RECURSION_AVAILABLE = 0x0080;
    /** A pointer to the question's name. */
    private static final int QUESTION_NAME = 0xc000 | Question.HEADER_BYTES;

    private final Map<String, Zone> zones = new HashMap<>();
    private final int serial;
    private final AtomicInteger turn = new AtomicInteger();

    /** @param serial of the SOA records; grows with each change */
    Authority(List<Zone> zones, int serial) {
        zones.forEach(zone -> this.zones.put(zone.origin(), zone));
        this.serial = serial;
    }

    /** Zone transfers, and types that stand in no zone (RFC 6895 §3.1), but for ANY. */
    static boolean isOfOperators(int type) {
        return type >= TKEY && type < ANY;
    }

    /** The zone that a name is in; null: none of ours. */
    @Nullable
    Zone zone(String name) {
        for (int from = 0; ; ) {
            Zone zone = zones.get(name.substring(from));
            if (zone != null) return zone;
            int dot = name.indexOf('.', from);
            if (dot < 0) return null;
            from = dot + 1;
        }
    }

    /**
     * Answers a query of a zone of ours, or one that can only be refused.
     *
     * @param read of {@code query}, which is not moved
     * @param out receives the answer at its writer index
     * @param recursion whether this client may ask us for names that are not ours
     * @return the response code
     */
    int answer(ByteBuf query, Read read, boolean tcp, boolean recursion, ByteBuf out) {
        if (read instanceof Read.Bad bad) return refuse(query, bad.flaw(), out);
        Question question = ((Read.Good) read).question();
        int start = out.writerIndex();
        int most = tcp ? MAX_TCP_BYTES : Math.min(question.payloadBytes(), MAX_UDP_BYTES);
        Writer writer = new Writer(out, start, most - (question.edns() ? Writer.OPT_BYTES : 0));
        writer.begin(query, question, recursion);
        int code = question.edns() && question.ednsVersion() != 0 ? BADVERS : write(writer, question);
        writer.end(question, code);
        return code;
    }

    private int write(Writer writer, Question question) {
        if (question.qclass() != IN) return REFUSED;
        Zone zone = isOfOperators(question.type()) ? null : zone(question.name());
        if (zone == null) return REFUSED;
        writer.authoritative = true;
        String origin = zone.origin();
        boolean apex = question.name().length() == origin.length();
        RecordSet found = zone.find(
                apex ? "" : question.name().substring(0, question.name().length() - origin.length() - 1));
        if (found == null) {
            writer.soa(origin, serial, false);
            return NXDOMAIN;
        }
        int before = writer.answers;
        switch (question.type()) {
            case AAAA -> writer.addresses(found.addresses(), turn.getAndIncrement());
            case TXT -> found.texts().forEach(writer::text);
            case SRV -> {
                found.services().forEach(writer::service);
                additional(writer, zone, found.services());
            }
            case PTR -> found.pointers().forEach(writer::pointer);
            case SOA -> {
                if (apex) writer.soa(origin, serial, true);
            }
            case NS -> {
                if (apex) writer.nameServer(origin);
            }
            case ANY -> writer.minimal(); // RFC 8482 §4.2
            default -> {}
        }
        if (writer.answers == before && !writer.truncated) writer.soa(origin, serial, false);
        return NOERROR;
    }

    /** The addresses of what SRV records point at, as far as there is room. */
    private static void additional(Writer writer, Zone zone, List<RecordSet.Service> services) {
        if (writer.truncated) return;
        List<String> done = new ArrayList<>();
        for (RecordSet.Service service : services) {
            if (done.contains(service.target())) continue;
            done.add(service.target());
            RecordSet target = zone.find(service.target()
                    .substring(0, service.target().length() - zone.origin().length() - 1));
            if (target == null) continue;
            for (Inet6Address address : target.addresses()) if (!writer.additional(service.target(), address)) return;
        }
    }

    private static int refuse(ByteBuf query, Flaw flaw, ByteBuf out) {
        int code = flaw == Flaw.NOT_IMPLEMENTED ? NOTIMP : FORMERR;
        header(query, code, out);
        return code;
    }

    /** SERVFAIL to a client that may ask us for other names; with its question, by which stub resolvers know what failed. */
    static void failure(ByteBuf query, Question question, ByteBuf out) {
        Writer writer = new Writer(out, out.writerIndex(), MAX_UDP_BYTES);
        writer.begin(query, question, true);
        writer.end(question, SERVFAIL);
    }

    /** Twelve bytes that say no and nothing else. */
    private static void header(ByteBuf query, int code, ByteBuf out) {
        int flags = query.getUnsignedShort(query.readerIndex() + 2);
        out.writeShort(query.getUnsignedShort(query.readerIndex()));
        out.writeShort(RESPONSE | flags & 0x7900 | code);
        out.writeLong(0);
    }

    /** One answer. What does not fit is left out, and the answer says so. */
    private static final class Writer {
        static final int OPT_BYTES = 11;

        private final ByteBuf out;
        private final int start;
        private final int end;
        boolean authoritative;
        boolean truncated;
        int answers;
        private int authorities;
        private int additionals;
        private boolean recursion;

        Writer(ByteBuf out, int start, int most) {
            this.out = out;
            this.start = start;
            this.end = start + most;
        }

        void begin(ByteBuf query, Question question, boolean recursionAvailable) {
            recursion = recursionAvailable;
            out.writeBytes(query, query.readerIndex(), question.end());
        }

        void end(Question question, int code) {
            if (truncated) {
                // RFC 2181 §9: part of a set is worth nothing to the client, who asks again by TCP.
                out.writerIndex(start + question.end());
                answers = 0;
                authorities = 0;
                additionals = 0;
            }
            if (question.edns()) {
                out.writeByte(0);
                out.writeShort(OPT);
                out.writeShort(MAX_UDP_BYTES);
                out.writeByte(code >> 4);
                out.writeByte(0);
                out.writeShort(question.dnssecOk() ? 0x8000 : 0); // RFC 3225 §3
                out.writeShort(0);
                additionals++;
            }
            out.setShort(
                    start + 2,
                    RESPONSE
                            | (authoritative ? AUTHORITATIVE : 0)
                            | (truncated ? TRUNCATED : 0)
                            | (question.recursionDesired() ? 0x0100 : 0)
                            | (recursion ? RECURSION_AVAILABLE : 0)
                            | code & 0xf);
            out.setShort(start + 4, 1);
            out.setShort(start + 6, answers);
            out.setShort(start + 8, authorities);
            out.setShort(start + 10, additionals);
        }

        private boolean fits(int bytes) {
            if (truncated) return false;
            truncated = out.writerIndex() + bytes > end;
            return !truncated;
        }

        private void head(int type, int ttl) {
            out.writeShort(QUESTION_NAME);
            out.writeShort(type);
            out.writeShort(IN);
            out.writeInt(ttl);
        }

        /** @param first which of them begins, so that clients that take the first spread over all */
        void addresses(List<Inet6Address> addresses, int first) {
            int count = addresses.size();
            for (int i = 0; i < count; i++) {
                if (!fits(28)) return;
                head(AAAA, TTL_SECONDS);
                out.writeShort(16);
                out.writeBytes(addresses.get(Math.floorMod(first + i, count)).getAddress());
                answers++;
            }
        }

        void text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int strings = Math.max(1, (bytes.length + 254) / 255);
            int data = bytes.length + strings;
            if (data > 0xffff || !fits(12 + data)) {
                truncated = true;
                return;
            }
            head(TXT, TTL_SECONDS);
            out.writeShort(data);
            for (int i = 0; i < strings; i++) {
                int length = Math.min(255, bytes.length - i * 255);
                out.writeByte(length);
                out.writeBytes(bytes, i * 255, length);
            }
            answers++;
        }

        void service(RecordSet.Service service) {
            byte[] target = name(service.target());
            if (!fits(18 + target.length)) return;
            head(SRV, TTL_SECONDS);
            out.writeShort(6 + target.length);
            out.writeInt(100); // priority 0, weight 100
            out.writeShort(service.port());
            out.writeBytes(target);
            answers++;
        }

        void pointer(String target) {
            byte[] bytes = name(target);
            if (!fits(12 + bytes.length)) return;
            head(PTR, TTL_SECONDS);
            out.writeShort(bytes.length);
            out.writeBytes(bytes);
            answers++;
        }

        void minimal() {
            if (!fits(22)) return;
            head(HINFO, TTL_SECONDS);
            out.writeShort(9);
            out.writeByte(7);
            out.writeCharSequence("RFC8482", StandardCharsets.US_ASCII);
            out.writeByte(0);
            answers++;
        }

        void nameServer(String origin) {
            byte[] bytes = name("ns." + origin);
            if (!fits(12 + bytes.length)) return;
            head(NS, TTL_SECONDS);
            out.writeShort(bytes.length);
            out.writeBytes(bytes);
            answers++;
        }

        /** RFC 2308 §3: behind "no such name" and "no such record" it says for how long. */
        void soa(String origin, int serial, boolean asAnswer) {
            byte[] owner = name(origin);
            byte[] server = name("ns." + origin);
            byte[] mail = name("hostmaster." + origin);
            int data = server.length + mail.length + 20;
            if (!fits(owner.length + 10 + data)) return;
            out.writeBytes(owner);
            out.writeShort(SOA);
            out.writeShort(IN);
            out.writeInt(NEGATIVE_TTL_SECONDS);
            out.writeShort(data);
            out.writeBytes(server);
            out.writeBytes(mail);
            out.writeInt(serial);
            out.writeInt(60);
            out.writeInt(10);
            out.writeInt(3600);
            out.writeInt(NEGATIVE_TTL_SECONDS);
            if (asAnswer) answers++;
            else authorities++;
        }

        /** @return false: no room, which is no truncation (RFC 2181 §9) */
        boolean additional(String owner, Inet6Address address) {
            byte[] bytes = name(owner);
            if (out.writerIndex() + bytes.length + 26 > end) return false;
            out.writeBytes(bytes);
            out.writeShort(AAAA);
            out.writeShort(IN);
            out.writeInt(TTL_SECONDS);
            out.writeShort(16);
            out.writeBytes(address.getAddress());
            additionals++;
            return true;
        }

        /** A name of ours, whose labels are short ones of ASCII. */
        private static byte[] name(String text) {
            byte[] bytes = new byte[text.length() + 2];
            int at = 0;
            for (String label : text.split("\\.")) {
                bytes[at++] = (byte) label.length();
                for (int i = 0; i < label.length(); i++) bytes[at++] = (byte) label.charAt(i);
            }
            return bytes;
        }
    }
}
