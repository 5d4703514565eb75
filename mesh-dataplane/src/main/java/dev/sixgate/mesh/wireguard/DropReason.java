package dev.sixgate.mesh.wireguard;

/** Why an incoming datagram was dropped. Each has a counter; a dropped datagram is never answered. */
public enum DropReason {
    MALFORMED,
    UNKNOWN_TYPE,
    BAD_MAC1,
    UNKNOWN_PEER,
    BAD_HANDSHAKE,
    REPLAYED_INITIATION,
    UNKNOWN_RECEIVER,
    BAD_TAG,
    REPLAYED_COUNTER,
    SESSION_EXPIRED,
    SOURCE_NOT_ALLOWED,
    NOT_IPV6,
    UNDER_LOAD
}
