package dev.sixgate.mesh.tcp;

import java.time.Duration;

/**
 * What may be chosen per connection.
 *
 * @param sendBufferBytes how much unacknowledged and unsent data {@link TcpConnection#write} takes at most; it takes what
 *     two round trips can carry, see {@link TcpMemory}
 * @param receiveBufferBytes the largest window we offer; it begins at 256 KiB and grows while it is what the remote waits for
 * @param connectTimeout how long an active or pending open may take
 * @param keepalive idle time before keepalive probes; zero: none
 * @param noDelay true: small segments leave at once (Nagle off)
 * @param userTimeout how long sent data may stay unacknowledged (RFC 9293 §3.9.1, RFC 5482), looked at whenever it is sent
 *     again; zero: the 100 s of RFC 9293 §3.8.3, and six attempts
 * @param congestionControl how the sender finds out what the path takes
 */
public record TcpOptions(
        int sendBufferBytes,
        int receiveBufferBytes,
        Duration connectTimeout,
        Duration keepalive,
        boolean noDelay,
        Duration userTimeout,
        CongestionAlgorithm congestionControl) {
    private static final int MAX_BUFFER_BYTES = 1 << 29;

    private static final CongestionAlgorithm DEFAULT_CONGESTION = CongestionAlgorithm.CUBIC;

    public static final TcpOptions DEFAULT =
            new TcpOptions(4 << 20, 4 << 20, Duration.ofSeconds(10), Duration.ZERO, true);

    public TcpOptions {
        checkBuffer("sendBufferBytes", sendBufferBytes);
        checkBuffer("receiveBufferBytes", receiveBufferBytes);
        if (!connectTimeout.isPositive())
            throw new IllegalArgumentException("connectTimeout is " + connectTimeout + ", but must be positive");
        if (keepalive.isNegative())
            throw new IllegalArgumentException("keepalive is " + keepalive + "; zero turns it off");
        if (userTimeout.isNegative())
            throw new IllegalArgumentException("userTimeout is " + userTimeout + "; zero leaves it to the standard");
    }

    /** With the standard's own patience. */
    public TcpOptions(
            int sendBufferBytes, int receiveBufferBytes, Duration connectTimeout, Duration keepalive, boolean noDelay) {
        this(
                sendBufferBytes,
                receiveBufferBytes,
                connectTimeout,
                keepalive,
                noDelay,
                Duration.ZERO,
                DEFAULT_CONGESTION);
    }

    public TcpOptions with(CongestionAlgorithm congestionControl) {
        return new TcpOptions(
                sendBufferBytes,
                receiveBufferBytes,
                connectTimeout,
                keepalive,
                noDelay,
                userTimeout,
                congestionControl);
    }

    private static void checkBuffer(String name, int bytes) {
        if (bytes < 1 || bytes > MAX_BUFFER_BYTES)
            throw new IllegalArgumentException(name + " is " + bytes + ", but must be 1 to " + MAX_BUFFER_BYTES);
    }
}
