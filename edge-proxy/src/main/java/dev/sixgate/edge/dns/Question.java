package dev.sixgate.edge.dns;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What a query asks, as far as it is looked at: the header, one question, and EDNS (RFC 1035 §4.1, RFC 6891 §6.1).
 *
 * @param name in lower case without the last dot; empty: the root. A byte that no host name has stands as it is, a dot inside a
 *     label as {@code \0}, so that two names are equal exactly when their spellings are
 * @param checkingDisabled the client wants what did not pass DNSSEC as well (RFC 4035 §3.2.2)
 * @param end where the question ends, from the message's start
 * @param edns whether there is an OPT record
 * @param payloadBytes what the client takes by UDP
 */
record Question(
        int id,
        boolean recursionDesired,
        boolean checkingDisabled,
        String name,
        int type,
        int qclass,
        int end,
        boolean edns,
        int ednsVersion,
        boolean dnssecOk,
        int payloadBytes) {
    static final int HEADER_BYTES = 12;
    static final int MAX_NAME_BYTES = 255;
    static final int LEAST_PAYLOAD_BYTES = 512;

    private static final int OPT = 41;
    private static final int RESPONSE = 0x8000;
    private static final int OPCODE = 0x7800;
    private static final int RECURSION_DESIRED = 0x0100;
    private static final int CHECKING_DISABLED = 0x0010;
    private static final int DNSSEC_OK = 0x8000;

    /** Why a message is no query that can be answered. */
    enum Flaw {
        /** Not even an id can be told, or it is an answer: to be dropped. */
        NOT_A_QUERY,
        /** Another operation than a query. */
        NOT_IMPLEMENTED,
        /** To be answered with FORMERR. */
        MALFORMED
    }

    /** What reading a message came to: a question, or a flaw. */
    sealed interface Read {
        /** A question. */
        record Good(Question question) implements Read {}

        /** No question. */
        record Bad(Flaw flaw) implements Read {}
    }

    private static final Read NOT_A_QUERY = new Read.Bad(Flaw.NOT_A_QUERY);
    private static final Read NOT_IMPLEMENTED = new Read.Bad(Flaw.NOT_IMPLEMENTED);
    private static final Read MALFORMED = new Read.Bad(Flaw.MALFORMED);

    /** @param message from its reader index; indexes do not move */
    static Read read(ByteBuf message) {
        int start = message.readerIndex();
        int bytes = message.readableBytes();
        if (bytes < HEADER_BYTES) return NOT_A_QUERY;
        int flags = message.getUnsignedShort(start + 2);
        if ((flags & RESPONSE) != 0) return NOT_A_QUERY;
        if ((flags & OPCODE) != 0) return NOT_IMPLEMENTED;
        int additional = message.getUnsignedShort(start + 10);
        boolean oneQuestion = message.getUnsignedShort(start + 4) == 1
                && message.getUnsignedShort(start + 6) == 0
                && message.getUnsignedShort(start + 8) == 0;
        if (!oneQuestion) return MALFORMED;
        StringBuilder name = new StringBuilder(64);
        int at = name(message, HEADER_BYTES, bytes, name);
        if (at < 0 || at + 4 > bytes) return MALFORMED;
        int type = message.getUnsignedShort(start + at);
        int question = at + 4;
        boolean edns = false;
        int version = 0;
        int payload = LEAST_PAYLOAD_BYTES;
        boolean dnssecOk = false;
        int next = question;
        for (int i = 0; i < additional; i++) {
            int fixed = name(message, next, bytes, null);
            if (fixed < 0 || fixed + 10 > bytes) return MALFORMED;
            int end = fixed + 10 + message.getUnsignedShort(start + fixed + 8);
            if (end > bytes) return MALFORMED;
            if (message.getUnsignedShort(start + fixed) == OPT) {
                if (edns || fixed != next + 1) return MALFORMED; // one, and of the root
                edns = true;
                payload = Math.max(LEAST_PAYLOAD_BYTES, message.getUnsignedShort(start + fixed + 2));
                version = message.getUnsignedByte(start + fixed + 5);
                dnssecOk = (message.getUnsignedShort(start + fixed + 6) & DNSSEC_OK) != 0;
            }
            next = end;
        }
        if (next != bytes) return MALFORMED;
        return new Read.Good(new Question(
                message.getUnsignedShort(start),
                (flags & RECURSION_DESIRED) != 0,
                (flags & CHECKING_DISABLED) != 0,
                name.toString(),
                type,
                message.getUnsignedShort(start + at + 2),
                question,
                edns,
                version,
                dnssecOk,
                payload));
    }

    /**
     * A name without compression, which a question has no use for.
     *
     * @param into receives it, unless null
     * @return behind it; -1: malformed
     */
    private static int name(ByteBuf message, int from, int bytes, @Nullable StringBuilder into) {
        int start = message.readerIndex();
        int at = from;
        while (at < bytes) {
            int length = message.getUnsignedByte(start + at);
            at++;
            if (length == 0) return at - from > MAX_NAME_BYTES ? -1 : at;
            if (length > 63 || at + length > bytes || at + length - from > MAX_NAME_BYTES) return -1;
            if (into != null) {
                if (!into.isEmpty()) into.append('.');
                for (int i = 0; i < length; i++) {
                    int c = message.getUnsignedByte(start + at + i);
                    into.append(c == '.' ? '\0' : (char) (c >= 'A' && c <= 'Z' ? c + 32 : c));
                }
            }
            at += length;
        }
        return -1;
    }
}
