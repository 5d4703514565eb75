package dev.sixgate.mesh.ipv6;

/** Why a packet was dropped after decryption, or before encryption. Each has a counter in {@link PacketDrops}. */
public enum PacketDropReason {
    /** Shorter than its headers say, or than they must be. */
    TRUNCATED,
    NOT_IPV6,
    /** For an address outside our ranges: nothing is forwarded. */
    NOT_OUR_ADDRESS,
    /** From the unspecified address or a multicast group. */
    BAD_SOURCE,
    /** More extension headers, bytes or options than {@link HeaderChain} allows. */
    TOO_MANY_EXTENSION_HEADERS,
    MALFORMED_EXTENSION_HEADER,
    /** An option that its own type tells us to discard the packet for (RFC 8200 §4.2). */
    OPTION_REFUSED,
    /** Segments left, of a routing type we do not know; type 0 among them (RFC 5095). */
    ROUTING_REFUSED,
    /** A fragment of what was reassembled from fragments. */
    FRAGMENT,
    /** Empty, not a multiple of 8 bytes before the last, beyond 65,535 bytes, or behind the end. */
    FRAGMENT_MALFORMED,
    /** Two fragments claim the same bytes, which costs the whole packet (RFC 5722). */
    FRAGMENT_OVERLAP,
    /** Made room for a newer packet, or came in too many pieces. */
    FRAGMENT_NO_ROOM,
    /** Not whole after 60 seconds (RFC 8200 §4.5). */
    FRAGMENT_TIMEOUT,
    NO_NEXT_HEADER,
    UNKNOWN_NEXT_HEADER,
    ICMP_MALFORMED,
    ICMP_BAD_CHECKSUM,
    /** A type we have no use for, or an error that quotes nothing of ours. */
    ICMP_IGNORED,
    ICMP_RATE_LIMITED,
    ECHO_REPLY_UNEXPECTED,
    UDP_MALFORMED,
    /** Wrong, or zero, which IPv6 forbids (RFC 8200 §8.1). */
    UDP_BAD_CHECKSUM,
    UDP_PORT_CLOSED,
    /** {@link FlowGate} does not admit the flow that it would open. */
    DENIED_BY_POLICY,
    /** The application does not read fast enough. */
    UDP_RECEIVE_QUEUE_FULL,
    /** The host sends more than the mesh's MTU. */
    TOO_BIG,
    /** No peer's ranges hold the destination. */
    NO_PEER,
    /** Waits for a session or for the underlay, and its peer's queue is full. */
    PEER_QUEUE_FULL,
    /** Waited for a session that did not come. */
    PEER_GAVE_UP
}
