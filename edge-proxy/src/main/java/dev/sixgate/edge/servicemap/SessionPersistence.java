package dev.sixgate.edge.servicemap;

import java.time.Duration;

/**
 * Keeps a client with the backend that it was given first, while that one can take it.
 *
 * @param name of the cookie or header; empty for {@link Type#CLIENT_IP}
 * @param absoluteTimeout how long a client keeps the cookie; zero: for its session
 */
public record SessionPersistence(Type type, String name, Duration absoluteTimeout) {
    public enum Type {
        COOKIE,
        /** The response names the backend in this field, and the client repeats it. */
        HEADER,
        /** Nothing is exchanged: the address is hashed. */
        CLIENT_IP
    }
}
