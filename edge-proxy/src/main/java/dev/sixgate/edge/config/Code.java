package dev.sixgate.edge.config;

/** Every kind of problem. Each has a section in {@code docs/reference/errors.md} and a folder that reproduces it. */
public enum Code {
    /** Syntax. */
    JSON_001,
    /** Duplicate key. */
    JSON_002,
    /** Unknown key. */
    JSON_003,
    /** Wrong type. */
    JSON_004,
    /** Unit missing. */
    JSON_005,
    /** File or environment variable missing or unreadable. */
    JSON_006,
    /** Trailing data, byte order mark, comments. */
    JSON_007,
    /** A key or value of the documented language that is not built yet. */
    JSON_008,
    /** Key missing. */
    JSON_009,
    /** A value that is out of bounds, malformed, or at odds with another key. */
    JSON_010,
    /** One name for two things. */
    JSON_011,
    /** A key of the first file in another document. */
    JSON_012,
    /** A line of a password file. */
    AUTH_001,
    /** Hashes that can be looked up. */
    AUTH_002,
    /** Algorithms and keys of tokens that do not go together. */
    AUTH_003,
    /** Tokens made for others. */
    AUTH_004,
    /** An announcement that reaches nobody, or that nobody takes. */
    BGP_001,
    /** A neighbor that is told nothing. */
    BGP_002,
    /** A condition that is never true, or always. */
    BGP_003,
    /** What would not come true. */
    BGP_004,
    /** What a neighbor cannot be told. */
    BGP_005,
    /** Names of apps told to anyone. */
    DNS_001,
    /** Nobody to ask for other names. */
    DNS_002,
    /** IPv4 backend. */
    ADDR_001,
    /** Outside the network's prefix. */
    ADDR_002,
    /** IPv6 address with a port but without brackets. */
    ADDR_003,
    /** IPv4-mapped or link-local. */
    ADDR_004,
    /** Wildcard UDP bind. */
    ADDR_005,
    /** Bad WireGuard key. */
    MESH_001,
    /** Public key that looks like a private one. */
    MESH_002,
    /** Overlapping allowed IPs. */
    MESH_003,
    /** Own range given to a peer or a backend. */
    MESH_004,
    /** Backend that no peer covers. */
    MESH_005,
    /** One key for two peers. */
    MESH_006,
    /** Key file that others can read. */
    MESH_007,
    /** MTU below the IPv6 minimum. */
    MESH_009,
    /** Clients to embed, and no room for them. */
    MESH_010,
    /** Plaintext backend. */
    MESH_011,
    /** A line of a wg-quick file that cannot be understood. */
    MESH_012,
    /** IPv4 or a command in a mesh configuration, which is passed over. */
    MESH_013,
    /** Endpoint whose host name does not resolve. */
    MESH_014,
    /** Identities without addresses or ports enough. */
    MESH_015,
    /** Two services on one port. */
    PORT_001,
    /** Port needs privilege. */
    PORT_002,
    /** Order of handlers. */
    PORT_003,
    /** Handler and protocol. */
    PORT_004,
    /** Many ports onto one. */
    PORT_005,
    /** Host names where nothing names a host. */
    PORT_006,
    /** Redirect to https without TLS. */
    PORT_007,
    /** Redirect to https on a private address. */
    PORT_008,
    /** HTTP/3 without TLS 1.3. */
    PORT_009,
    /** PROXY protocol heads believed from anyone. */
    PORT_010,
    /** Services that share a port but not what it speaks. */
    PORT_011,
    /** Options of something that the port does not speak. */
    PORT_012,
    /** No certificate source. */
    TLS_001,
    /** Key does not match. */
    TLS_002,
    /** Expired, expiring, not yet valid, or wrong name. */
    TLS_003,
    /** A wildcard that no configured challenge can prove. */
    TLS_004,
    /** A certificate authority that cannot reach us. */
    TLS_005,
    /** Terms not accepted. */
    TLS_006,
    /** Incomplete chain. */
    TLS_007,
    /** PEM file that cannot be understood. */
    TLS_008,
    /** A certificate's key that every user can read. */
    TLS_009,
    /** Certificates of a chain out of order. */
    TLS_010,
    /** Soft limit above the hard one. */
    LB_001,
    /** Concurrency counted in what is not there. */
    LB_002,
    /** Region that is not declared. */
    LB_003,
    /** Health check that can never pass. */
    LB_004,
    /** Ejection that could empty the pool. */
    LB_006,
    /** Key of a policy that hashes nothing. */
    LB_007,
    /** Address that is another's. */
    MAP_004,
    /** Policy that names who is not there. */
    POL_001,
    /** Policy that shuts out the edge. */
    POL_002,
    /** Policy that selects nothing. */
    POL_003,
    /** Exception outside of what it is an exception to. */
    POL_004,
    /** Route that can never match. */
    ROUTE_001,
    /** Backend reference to what is not there. */
    ROUTE_002,
    /** Weights that sum to nothing. */
    ROUTE_003,
    /** Regular expression that is malformed or dangerous. */
    ROUTE_004,
    /** Prefix replaced without a prefix matched. */
    ROUTE_005,
    /** A host name of two files. */
    ROUTE_007,
    /** Timeout that can never fire. */
    ROUTE_008,
    /** Retry that repeats what may not be repeated. */
    ROUTE_009,
    /** Retry without a budget. */
    ROUTE_010,
    /** Literal secret. */
    SEC_001,
    /** Admin exposed. */
    SEC_002,
    /** Rate limit by what the client says. */
    RATE_001,
    /** Burst below a second's rate. */
    RATE_002,
    /** Proxies that are trusted without being known. */
    TRUST_001,
    /** TCP that tells its backends nothing of the client. */
    TRUST_002;

    /** As printed, such as {@code SG-JSON-001}. */
    @Override
    public String toString() {
        return "SG-" + name().replace('_', '-');
    }
}
