package dev.sixgate.edge.http;

/** How a body ends, as a long on the hot path: zero and up is a declared length in bytes. */
public final class BodyLength {
    /** Ends where its framing says: the last chunk, or END_STREAM. */
    public static final long UNKNOWN = -1;

    /** None, and none was declared. */
    public static final long NONE = -2;

    /** Ends with the connection; responses only (RFC 9112 §6.3). */
    public static final long UNTIL_CLOSE = -3;

    private BodyLength() {}

    public static boolean isEmpty(long length) {
        return length == 0 || length == NONE;
    }
}
