package dev.sixgate.mesh.wireguard;

/** Why an incoming datagram was dropped. Each has a counter. Only {@link #UNDER_LOAD} is ever answered, with a cookie reply. */
public enum DropReason {
    /** Too short or too long for its type, or with an inner length beyond the packet. */
    MALFORMED,
    UNKNOWN_TYPE,
    /** The sender does not know our public key. */
    BAD_MAC1,
    /** An authentic initiation by a key that is not configured. */
    UNKNOWN_PEER,
    BAD_HANDSHAKE,
    /** Its timestamp does not increase. */
    REPLAYED_INITIATION,
    /** A receiver index that names nothing (any more). */
    UNKNOWN_RECEIVER,
    BAD_TAG,
    REPLAYED_COUNTER,
    /** Older than REJECT_AFTER_TIME, or beyond REJECT_AFTER_MESSAGES. */
    SESSION_EXPIRED,
    /** The inner source is not among the peer's allowed IPs. */
    SOURCE_NOT_ALLOWED,
    NOT_IPV6,
    /** A handshake message beyond what we compute now. */
    UNDER_LOAD
}
