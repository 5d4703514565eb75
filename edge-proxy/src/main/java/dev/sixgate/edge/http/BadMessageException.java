package dev.sixgate.edge.http;

import dev.sixgate.edge.explain.Reason;

/** A message that the gate refuses. Hostile input is expected, so there is no stack trace. */
public final class BadMessageException extends Exception {
    private final Reason reason;

    /** @param detail a plain sentence for the record; never holds bytes of the message */
    public BadMessageException(Reason reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    public String detail() {
        return String.valueOf(getMessage());
    }

    static BadMessageException malformed(String detail) {
        return new BadMessageException(Reason.BAD_REQUEST, detail);
    }

    static BadMessageException ambiguous(String detail) {
        return new BadMessageException(Reason.AMBIGUOUS_LENGTH, detail);
    }

    /** RFC 9112 §3: a target longer than the server takes is answered with 414. */
    static BadMessageException targetTooLong(String detail) {
        return new BadMessageException(Reason.URI_TOO_LONG, detail);
    }

    static BadMessageException tooLarge(String detail) {
        return new BadMessageException(Reason.HEADERS_TOO_LARGE, detail);
    }
}
